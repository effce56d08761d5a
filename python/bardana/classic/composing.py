"""Nets made of nets: what feeds an input of one comes from another."""

from __future__ import annotations

from collections.abc import Container, Mapping

from bardana.classic.neurons import LogicNet, Neuron, check_name


def composed(net: LogicNet, sources: Mapping[str, LogicNet | str]) -> LogicNet:
    """Return the net in which `sources` feed inputs of `net`; see `LogicNet.compose`.

    Example:
        >>> from bardana.classic import AND, OR
        >>> composed(AND, {"A": OR.compose(A="C")}).inputs
        ('B', 'C')
    """
    unknown = sorted(set(sources) - set(net.inputs))
    if unknown:
        raise ValueError(f"compose: expected inputs among {list(net.inputs)}, received {unknown}")
    inputs = _inputs(net, sources)
    neurons: dict[str, Neuron] = {}
    feeding: dict[str, str] = {}
    for name, source in sources.items():
        feeding[name] = source if isinstance(source, str) else _add(source, neurons, inputs, {})[source.outputs[0]]
    names = _add(net, neurons, inputs, feeding)
    return LogicNet(neurons, inputs, [names[name] for name in net.outputs])


def _inputs(net: LogicNet, sources: Mapping[str, LogicNet | str]) -> list[str]:
    found = set(net.inputs) - set(sources)
    for name, source in sources.items():
        if isinstance(source, LogicNet):
            if len(source.outputs) != 1:
                raise ValueError(f"compose: expected a net with one output for '{name}', received {source!r}")
            found |= set(source.inputs)
        else:
            check_name(source, f"what feeds input '{name}'")
            found.add(source)
    return sorted(found)


def _add(net: LogicNet, neurons: dict[str, Neuron], inputs: list[str], feeding: dict[str, str]) -> dict[str, str]:
    """Add a net's neurons under names that are free; return the new names of all its signals by the old ones."""
    names = {name: feeding.get(name, name) for name in net.inputs}
    for name, neuron in net.neurons.items():
        names[name] = free_name(name, {*neurons, *inputs})
        neurons[names[name]] = neuron.renamed(names)
    return names


def free_name(name: str, taken: Container[str]) -> str:
    """Return the name, with a number behind it if it is taken.

    Args:
        name: what is wanted.
        taken: the names that there are.

    Example:
        >>> free_name("C", {"C", "C_2"})
        'C_3'
    """
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
