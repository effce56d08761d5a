"""A net of McCulloch-Pitts neurons as Dense layers with the activation "heaviside"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bardana.classic.neurons import LogicNet, Neuron, levels_of
from bardana.layers import Dense, Input
from bardana.models import Sequential


def sequential_of(net: LogicNet) -> Sequential:
    """Return the net as a `Sequential`; see `LogicNet.to_sequential`.

    Example:
        >>> from bardana.classic import AND
        >>> [w.tolist() for w in sequential_of(AND).get_weights()]
        [[[1.0], [1.0]], [-2.0]]
    """
    if not net.inputs:
        raise ValueError("to_sequential: expected a net with at least one input, received one without")
    layers = layers_of(net)
    dense = [Dense(len(b), activation="heaviside") for _, b in layers]
    model = Sequential([Input((len(net.inputs),)), *dense])
    model.set_weights([w for layer in layers for w in layer])
    return model


def layers_of(net: LogicNet) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return kernel (inputs, units) and bias (units,) of each layer.

    Args:
        net: the net.
    """
    levels = levels_of(net.neurons)
    depth = max([levels.get(name, 0) for name in net.outputs] + [1])
    wanted: Sequence[str] = net.outputs
    stages: list[tuple[list[str], Sequence[str]]] = []
    for level in range(depth, 0, -1):
        here = {name: net.neurons[name] for name in wanted if levels.get(name, 0) == level}
        before = dict.fromkeys(name for name in wanted if name not in here)
        before |= dict.fromkeys(name for neuron in here.values() for name in (*neuron.wires, *neuron.inhibit))
        sources = list(net.inputs) if level == 1 else sorted(before)
        stages.append((sources, wanted))
        wanted = stages[-1][0]
    return [
        _layer(sources, [_neuron(net, name, levels.get(name, 0) == depth_) for name in targets])
        for depth_, (sources, targets) in enumerate(reversed(stages), start=1)
    ]


def _neuron(net: LogicNet, name: str, is_here: bool) -> Neuron:
    return net.neurons[name] if is_here else Neuron(name, at_least=1)


def _layer(sources: Sequence[str], neurons: Sequence[Neuron]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    row = {name: index for index, name in enumerate(sources)}
    kernel = np.zeros((len(sources), len(neurons)), np.float32)
    bias = np.zeros(len(neurons), np.float32)
    for unit, neuron in enumerate(neurons):
        weights, bias[unit] = neuron.weights()
        for name, weight in weights.items():
            kernel[row[name], unit] = weight
    return kernel, bias
