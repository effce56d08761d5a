"""A picture of a model: a box for each layer, drawn by Graphviz through pydot."""

from __future__ import annotations

import html
import os
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

_ADVICE = "pip install 'bardana[plot]' (or pip install pydot)"
_CELL = '<td bgcolor="{colour}"><font point-size="14" color="{ink}">{text}</font></td>'


class Shown(NamedTuple):
    """What the boxes tell."""

    shapes: bool
    dtype: bool
    names: bool
    activations: bool
    trainable: bool


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draw a model and save the picture.

    Needs pydot (`pip install 'bardana[plot]'`) and Graphviz (`apt-get install graphviz`).

    Args:
        model: a built model.
        to_file: path of the picture, "model.png" by default; the suffix chooses the format: png, svg, pdf, dot, …
        show_shapes, show_dtype: show the shapes and types of inputs and outputs. Default False.
        show_layer_names: show names beside classes. Default False.
        rankdir: "TB" (default) from top to bottom, "LR" from left to right.
        expand_nested: draw the layers of models inside the model. Default False.
        dpi: dots per inch, 200 by default.
        show_layer_activations: show activations, of layers that have one. Default False.
        show_trainable: show whether layers with weights are trainable. Default False.
        splines: how edges run, "ortho" (default), "curved", "polyline", "spline" or "line".
        kwargs: refused.

    Returns:
        An image that Jupyter shows, where IPython is running and the format is not pdf; else None.

    Raises:
        ImportError: pydot or Graphviz is missing; says what to install.
        ValueError: the model is not built, or an argument is not known.

    Example:
        >>> import bardana as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "relu")])
        >>> keras.utils.plot_model(model, "model.png", show_shapes=True)  # doctest: +SKIP
    """
    dot = model_to_dot(
        model,
        show_shapes,
        show_dtype,
        show_layer_names,
        rankdir,
        expand_nested,
        dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
        **kwargs,
    )
    path = os.fspath(to_file)
    picture_format = os.path.splitext(path)[1].lstrip(".") or "png"
    try:
        dot.write(path, format="raw" if picture_format == "dot" else picture_format)
    except FileNotFoundError as error:
        if "dot" not in str(error).split(os.sep)[-1] or not os.path.isdir(os.path.dirname(os.path.abspath(path))):
            raise
        raise ImportError(
            "plot_model: expected Graphviz, whose program 'dot' was not found: apt-get install graphviz, or see "
            "https://graphviz.org/download"
        ) from error
    if "IPython" in sys.modules and picture_format != "pdf":
        from IPython import display

        return display.Image(filename=path)
    return None


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Return a model as a graph of pydot. Needs pydot: `pip install 'bardana[plot]'`.

    Args:
        model: a built model.
        show_shapes, show_dtype, rankdir, expand_nested, dpi, show_layer_activations, show_trainable, splines: as for
            `plot_model`.
        show_layer_names: show names beside classes. Default True.
        subgraph: return the cluster that stands for the model inside another graph. Default False.
        kwargs: refused.

    Returns:
        `pydot.Dot`, or `pydot.Cluster` for a subgraph.

    Raises:
        ImportError: pydot is missing.
        ValueError: the model is not built, or an argument is not known.

    Example:
        >>> import bardana as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dense(1)])
        >>> len(model_to_dot(model).get_edges())  # doctest: +SKIP
        1
    """
    if kwargs:
        raise ValueError(f"plot_model: expected no further arguments, received {kwargs}.")
    if not model.built:
        raise ValueError(f"plot_model: expected a built model, received '{model.name}': call build() or fit() first.")
    try:
        import pydot
    except ImportError as error:
        raise ImportError(f"plot_model: expected the package pydot: {_ADVICE}") from error
    dot: Any
    if subgraph:
        dot = _cluster(pydot, model)
    else:
        dot = pydot.Dot(rankdir=rankdir, concentrate=True, dpi=dpi, splines=splines)
        dot.set_node_defaults(shape="record")
    shown = Shown(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    _draw(pydot, dot, model, shown, expand_nested)
    return dot


def _cluster(pydot: Any, model: Any) -> Any:
    """Return an empty frame for a model; its name must be one of Graphviz' plain words."""
    label = model.name.replace("\\", "\\\\").replace('"', '\\"')
    return pydot.Cluster(graph_name=f"m{id(model)}", label=f'"{label}"', labeljust="l", style="dashed")


def _draw(pydot: Any, dot: Any, model: Any, shown: Shown, expand: bool) -> tuple[str, str] | None:
    """Add the layers of a model; return the first and the last node, None for a model without layers."""
    ends: list[tuple[str, str]] = []
    for layer, input_shape, output_shape in _layers(model):
        if expand and hasattr(layer, "layers"):
            inner = _cluster(pydot, layer)
            inside = _draw(pydot, inner, layer, shown, expand)
            dot.add_subgraph(inner)
        else:
            name = f"n{id(layer)}_{len(ends)}_{id(model)}"
            label = _label(layer, input_shape, output_shape, shown)
            dot.add_node(pydot.Node(name, label=label, fontname="Helvetica", border=0, margin=0))
            inside = name, name
        if inside is None:
            continue
        if ends:
            dot.add_edge(pydot.Edge(ends[-1][1], inside[0], penwidth=2))
        ends.append(inside)
    return (ends[0][0], ends[-1][1]) if ends else None


def _layers(model: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield layers with their input and output shapes in this model."""
    shape = model.input_shape
    for layer, output_shape in zip(model.layers, model.layer_output_shapes, strict=True):
        yield layer, shape, output_shape
        shape = output_shape


def _label(layer: Any, input_shape: Any, output_shape: Any, shown: Shown) -> str:
    """Return a layer's box as a table in Graphviz' HTML."""
    class_name = html.escape(type(layer).__name__)
    title = f"<b>{html.escape(layer.name)}</b> ({class_name})" if shown.names else f"<b>{class_name}</b>"
    cells = list(_cells(layer, input_shape, output_shape, shown))
    span = max(1, len(cells))
    rows = [f'<td colspan="{span}" bgcolor="black"><font point-size="16" color="white">{title}</font></td>']
    activation = getattr(layer, "activation", None) if shown.activations else None
    if activation is not None:
        name = html.escape(
            getattr(activation, "__name__", None) or getattr(activation, "name", None) or str(activation)
        )
        rows.append(f'<td colspan="{span}" bgcolor="white"><font point-size="14">Activation: <b>{name}</b></font></td>')
    if cells:
        rows.append("".join(cells))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<<table border="0" cellborder="1" bgcolor="black" cellpadding="10">{body}</table>>'


def _cells(layer: Any, input_shape: Any, output_shape: Any, shown: Shown) -> Iterator[str]:
    def plain(text: str) -> str:
        return _CELL.format(colour="white", ink="black", text=text)

    if shown.shapes:
        yield plain(f"Input shape: <b>{input_shape}</b>")
        yield plain(f"Output shape: <b>{output_shape}</b>")
    if shown.dtype:
        yield plain(f"Output dtype: <b>{layer.dtype}</b>")
    if shown.trainable and layer.weights:
        colour, text = ("forestgreen", "Trainable") if layer.trainable else ("firebrick", "Non-trainable")
        yield _CELL.format(colour=colour, ink="white", text=f"<b>{text}</b>")
