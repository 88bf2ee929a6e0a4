"""Operators that onnxruntime has no float64 kernel for.

Which these are was found by asking it (1.32, on a CPU), operator by operator.
"""

from typing import Any

import numpy as np
import torch

from skanomaly.onnx._modules import import_tool

__all__ = ["exact_numbers", "with_known_kernels"]

DOMAIN = "skanomaly"

# Made of other operators, in full precision.
FUNCTIONS = {
    "Softplus": """
        Softplus (x) => (y) {
            one_32 = Constant <value_float = 1.0> ()
            one = CastLike (one_32, x)
            size = Abs (x)
            minus = Neg (size)
            small = Exp (minus)
            sum = Add (one, small)
            log = Log (sum)
            positive = Relu (x)
            y = Add (positive, log)
        }""",
    "LeakyRelu": """
        LeakyRelu (x, slope) => (y) {
            below = Mul (x, slope)
            zero = Sub (slope, slope)
            is_above = Greater (x, zero)
            y = Where (is_above, x, below)
        }""",
    "Imputer": """
        Imputer (x, value) => (y) {
            is_missing = IsNaN (x)
            y = Where (is_missing, value, x)
        }""",
    "Elu": """
        Elu (x, scale) => (y) {
            one_32 = Constant <value_float = 1.0> ()
            one = CastLike (one_32, x)
            zero = Sub (one, one)
            negative = Min (x, zero)
            power = Exp (negative)
            shifted = Sub (power, one)
            below = Mul (scale, shifted)
            positive = Relu (x)
            y = Add (positive, below)
        }""",
}

# The attribute that becomes an input, and its default.
ATTRIBUTES = {
    "Elu": ("alpha", 1.0),
    "Imputer": ("imputed_value_floats", None),
    "LeakyRelu": ("alpha", 0.01),
}

# Computed in float32: convolutions because that is what onnxruntime has, the others
# at the price of the seventh digit of one layer.
SINGLE = frozenset(
    {
        "Conv", "ConvTranspose", "Celu", "Erf", "Gelu", "HardSigmoid", "HardSwish",
        "Mish", "PRelu", "Selu", "Softsign", "ThresholdedRelu",
    }
)  # fmt: skip


def exact_numbers():
    """Translations by which the numbers in a model stay float64.

    Those of torch make float32 of them on the way: 1e-8 of a score, which is enough for
    a row at the threshold to fall on its other side.

    Returns
    -------
    dict
        For `torch.onnx.export`.
    """
    script = import_tool("onnxscript")
    onnx = import_tool("onnx")
    double = onnx.TensorProto.DOUBLE

    def scalar_tensor(  # type: ignore[no-untyped-def]
        s: script.DOUBLE,  # type: ignore[name-defined]
        dtype: int = double,
        layout: str = "",
        device: str = "",
        pin_memory: bool = False,
    ):
        if not isinstance(s, bool | int | float):  # a number of rows
            return script.opset18.Cast(s, to=dtype)
        number = onnx.helper.make_tensor("number", dtype, [], [s])
        return script.opset18.Constant(value=number)

    return {torch.ops.aten.scalar_tensor.default: scalar_tensor}


def with_known_kernels(model, opset):
    """Replace operators of a graph in float64 that onnxruntime lacks.

    Parameters
    ----------
    model : onnx.ModelProto
        The graph.
    opset : int
        Its version of the operators.

    Returns
    -------
    onnx.ModelProto
        A graph of the same outputs.
    """
    onnx = import_tool("onnx")
    doubles, nodes, used = _doubles(onnx, model), list[Any](), set()
    for node in model.graph.node:
        lacks = not doubles.isdisjoint([*node.input[:1], *node.output[:1]])
        if lacks and node.op_type in FUNCTIONS:
            _call_function(onnx, model, node)
            used.add(node.op_type)
        is_single = lacks and node.op_type in SINGLE
        nodes += _between_casts(onnx, node, doubles) if is_single else [node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return _inlined(onnx, model, sorted(used), opset) if used else model


def _call_function(onnx, model, node):
    """Turn a node into a call of ours, its attribute into an exact number."""
    node.domain = DOMAIN
    if node.op_type not in ATTRIBUTES:
        return
    name, value = ATTRIBUTES[node.op_type]
    for attribute in node.attribute:
        if attribute.name == name:
            value = _written(onnx.helper.get_attribute_value(attribute))
    del node.attribute[:]
    node.input.append(f"{node.output[0]}_{name}")
    number = onnx.numpy_helper.from_array(np.array(value), node.input[-1])
    model.graph.initializer.append(number)


def _written(value):
    """Numbers as somebody wrote them: the shortest that are these in float32.

    Attributes of operators are float32 in a file, where a slope of 0.01 is another.
    """
    if isinstance(value, float):
        return float(str(np.float32(value)))
    return [_written(v) for v in value]


def _doubles(onnx, model):
    """Names of the values that are float64."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    double = onnx.TensorProto.DOUBLE
    values = [*graph.value_info, *graph.input, *graph.output]
    names = {v.name for v in values if v.type.tensor_type.elem_type == double}
    return names | {t.name for t in graph.initializer if t.data_type == double}


def _inlined(onnx, model, used, opset):
    """Put the bodies of functions in the place of nodes that name them."""
    head = f'<domain: "{DOMAIN}", opset_import: ["": {opset}]>'
    for name in used:
        model.functions.append(onnx.parser.parse_function(head + FUNCTIONS[name]))
    model.opset_import.append(onnx.helper.make_opsetid(DOMAIN, 1))
    model = import_tool("onnx.inliner").inline_local_functions(model)
    kept = [own for own in model.opset_import if own.domain != DOMAIN]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    return model


def _between_casts(onnx, node, doubles):
    """Return the node in float32, and the casts around it."""
    float32, float64 = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE
    cast, single = onnx.helper.make_node, f"{node.output[0]}_float32"
    before = []
    for i, name in enumerate(node.input):
        if name in doubles:
            node.input[i] = f"{single}_{i}"
            before.append(cast("Cast", [name], [node.input[i]], to=float32))
    after = cast("Cast", [single], [node.output[0]], to=float64)
    node.output[0] = single
    return [*before, node, after]
