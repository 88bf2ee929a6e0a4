"""The steps of a Pipeline before the detector, by skl2onnx."""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from skanomaly._training.frames import frame_of, is_frame
from skanomaly.onnx._kernels import with_known_kernels
from skanomaly.onnx._modules import import_tool, quietly

__all__ = ["ROWS", "joined", "steps_graph"]

# Name of what a detector takes from the steps.
ROWS = "steps_rows_of_detector"


def steps_graph(steps, X, dtype, opset):
    """Convert the steps.

    Parameters
    ----------
    steps : sequence of (name, transformer)
        Fitted steps.
    X : DataFrame or None
        Rows whose columns become inputs; None makes one input of all columns.
    dtype : str
        Type of numbers.
    opset : int
        Version of the operators.

    Returns
    -------
    onnx.ModelProto
        A graph with one output.
    """
    skl2onnx = import_tool("skl2onnx")
    _check_columns(steps, X)
    inputs = _input_types(steps[0][1].n_features_in_, X, dtype)
    try:
        return _converted(skl2onnx, steps, inputs, opset)
    except Exception as error:  # skl2onnx raises its own, of many kinds
        name, step = _culprit(skl2onnx, steps, inputs, opset)
        raise ValueError(
            f"skl2onnx cannot convert the step {name!r} ({type(step).__name__}) with "
            f"dtype={dtype!r}: {str(error).strip().splitlines()[0]} Try the other "
            "dtype, or apply this step before the graph."
        ) from error


def _converted(skl2onnx, steps, inputs, opset):
    with quietly():
        model = skl2onnx.convert_sklearn(
            Pipeline(list(steps)),
            initial_types=inputs,
            target_opset={"": opset, "ai.onnx.ml": 3},
        )
    # Its operators are those of the opset, but it declares the first that has them.
    for own in model.opset_import:
        own.version = opset if own.domain == "" else own.version
    # Some converters mix float32 and float64.
    import_tool("onnx").checker.check_model(model, full_check=True)
    return with_known_kernels(model, opset)


def _culprit(skl2onnx, steps, inputs, opset):
    """Return the first step that cannot be converted."""
    for n in range(1, len(steps)):
        try:
            _converted(skl2onnx, steps[:n], inputs, opset)
        except Exception:
            return steps[n - 1]
    return steps[-1]


def _check_columns(steps, X):
    """Refuse to guess the types of the columns of a frame."""
    by_name = [
        (name, step)
        for name, step in steps
        if isinstance(step, ColumnTransformer) and hasattr(step, "feature_names_in_")
    ]
    if by_name and not is_frame(X):
        name, step = by_name[0]
        raise ValueError(
            f"The step {name!r} ({type(step).__name__}) takes columns by their names: "
            "pass X=, a frame like the one it was fitted to, whose columns become the "
            "inputs of the graph."
        )


def _input_types(n_features, X, dtype):
    types = import_tool("skl2onnx.common.data_types")
    number = {"float32": types.FloatTensorType, "float64": types.DoubleTensorType}
    if not is_frame(X):
        return [("X", number[dtype]([None, n_features]))]
    frame = frame_of(X)
    kinds = {"b": types.BooleanTensorType, "i": types.Int64TensorType}
    kinds |= {"u": types.Int64TensorType, "f": number[dtype]}
    return [
        (str(name), kinds.get(_kind(frame[name]), types.StringTensorType)([None, 1]))
        for name in frame.columns
    ]


def _kind(column):
    return column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"


def joined(before, graph):
    """Let rows go through one graph, then through the other.

    Parameters
    ----------
    before : onnx.ModelProto
        Its one output is the rows of the other.
    graph : onnx.ModelProto
        With one input.

    Returns
    -------
    onnx.ModelProto
        The inputs of the first, the outputs of the second.
    """
    onnx = import_tool("onnx")
    _check_names(before, graph)
    # Not the names of the other: those that branches read are not followed.
    before = onnx.compose.add_prefix(before, "steps_", rename_inputs=False)
    _cast_input(onnx, before, graph)
    before.ir_version = graph.ir_version
    return onnx.compose.merge_models(
        before, graph, io_map=[(before.graph.output[0].name, graph.graph.input[0].name)]
    )


def _check_names(before, graph):
    """Refuse columns that are called as something in the other graph."""
    taken = {name for node in graph.graph.node for name in node.output}
    taken |= {tensor.name for tensor in graph.graph.initializer}
    bad = [column.name for column in before.graph.input if column.name in taken]
    if bad:
        raise ValueError(
            f"X has a column {bad[0]!r}, the name of a value in the graph: rename it."
        )


def _cast_input(onnx, before, graph):
    """Let a graph take rows of the type that come out of the steps."""
    (given,), (taken,) = before.graph.output, graph.graph.input
    kind = given.type.tensor_type.elem_type
    wanted = taken.type.tensor_type
    if kind == wanted.elem_type:
        return
    name = taken.name
    taken.name, cast = f"{name}_any", f"{name}_any"
    node = onnx.helper.make_node("Cast", [cast], [name], to=wanted.elem_type)
    wanted.elem_type = kind
    graph.graph.node.insert(0, node)
