"""onnxruntime: inference of a graph of Gemm, Relu and Softmax."""

from __future__ import annotations

import os
from typing import Any

import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from tasks import Prepare, Run, Task, inference

OPERATORS = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "softmax": "Softmax"}


def graph(task: Task) -> bytes:
    """Return the serialized network, from "x" (rows, inputs) to "y" (rows, outputs)."""
    nodes, weights, name = [], [], "x"
    for layer, ((kernel, bias), activation) in enumerate(zip(task.start_weights(), task.activations, strict=True)):
        weights += [numpy_helper.from_array(kernel, f"w{layer}"), numpy_helper.from_array(bias, f"b{layer}")]
        nodes.append(helper.make_node("Gemm", [name, f"w{layer}", f"b{layer}"], [f"z{layer}"]))
        nodes.append(helper.make_node(OPERATORS[activation], [f"z{layer}"], [f"a{layer}"]))
        name = f"a{layer}"
    nodes[-1].output[0] = "y"
    ends = [
        helper.make_tensor_value_info(label, TensorProto.FLOAT, ["rows", width])
        for label, width in (("x", task.sizes[0]), ("y", task.sizes[-1]))
    ]
    network = helper.make_graph(nodes, "mlp", ends[:1], ends[1:], weights)
    operators = [helper.make_opsetid("", 17)]
    return helper.make_model(network, opset_imports=operators, ir_version=8).SerializeToString()


def predict(task: Task) -> Run:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ["OMP_NUM_THREADS"])
    session = onnxruntime.InferenceSession(graph(task), options, providers=["CPUExecutionProvider"])
    return inference(lambda x: session.run(None, {"x": x})[0], task.x)


def kinds(options: dict[str, Any]) -> dict[str, Prepare]:
    return {"predict": predict}
