"""Columns of a table with categories, as the rows of numbers that a detector takes."""

from skanomaly.onnx._modules import import_tool

__all__ = ["check_columns", "columns_graph"]

# A cell of text cannot be missing in a graph.
MISSING_TEXT = ""


def check_columns(detector):
    """Refuse columns that have no type in a graph.

    Parameters
    ----------
    detector : TableMixin
        Fitted to categories.
    """
    if not hasattr(detector, "feature_names_in_"):
        raise ValueError(
            f"This {type(detector).__name__} was fitted to categories without column "
            "names, which the inputs of a graph need: fit it to a DataFrame whose "
            "columns are named by texts."
        )
    for j, column in detector._table.categories.items():
        keys = [key for kind, key in column.code_of if kind == "numbers"]
        whole = all(isinstance(key, int) for key in keys)
        if column.kinds not in ({"text"}, {"numbers"}) or not whole:
            raise ValueError(
                f"The categories of column {detector.feature_names_in_[j]!r} are "
                f"{' and '.join(sorted(column.kinds))}, and a graph takes texts or "
                "integers: convert the column to texts before fit."
            )


def columns_graph(detector, dtype, opset):
    """Encode columns.

    Parameters
    ----------
    detector : TableMixin
        Fitted to categories.
    dtype : str
        Type of numbers.
    opset : int
        Version of the operators.

    Returns
    -------
    onnx.ModelProto
        A graph with an input for each column, and the rows of the detector as output.
    """
    onnx = import_tool("onnx")
    inputs, nodes = [], []
    for j, name in enumerate(map(str, detector.feature_names_in_)):
        kind, encoding = _encoded(onnx, detector._table.categories.get(j), dtype)
        inputs.append(onnx.helper.make_tensor_value_info(name, kind, [None, 1]))
        nodes += _chained(onnx, encoding, name, f"column_{j}_of_rows")
    parts = [f"column_{j}_of_rows" for j in range(len(inputs))]
    nodes.append(onnx.helper.make_node("Concat", parts, ["rows"], axis=1))
    rows = onnx.helper.make_tensor_value_info(
        "rows", onnx.TensorProto.DOUBLE, [None, len(inputs)]
    )
    graph = onnx.helper.make_graph(nodes, "columns", inputs, [rows])
    versions = [("", opset), ("ai.onnx.ml", 3)]
    imports = [onnx.helper.make_opsetid(*version) for version in versions]
    return onnx.helper.make_model(graph, opset_imports=imports)


def _encoded(onnx, column, dtype):
    """Type of a column, and the operators that make float64 of it."""
    types = onnx.TensorProto
    last = ("Cast", {"to": types.DOUBLE})
    if column is None:
        return (types.FLOAT if dtype == "float32" else types.DOUBLE), [last]
    codes = {key: float(code) for (_, key), code in column.code_of.items()}
    others = float(len(column.levels))
    if column.kinds == {"text"}:
        keys, kind = "keys_strings", types.STRING
        codes.setdefault(MISSING_TEXT, float("nan"))
    else:
        keys, kind = "keys_int64s", types.INT64
        codes.setdefault(0, others)  # an operator without keys is none
    encoder = {keys: list(codes), "values_floats": list(codes.values())}
    operator = ("LabelEncoder", {**encoder, "default_float": others})
    return kind, [operator, last]


def _chained(onnx, encoding, name, result):
    """Return nodes that apply one operator after the other."""
    nodes = []
    for i, (operator, attributes) in enumerate(encoding):
        output = result if i == len(encoding) - 1 else f"{result}_{i}"
        domain = "ai.onnx.ml" if operator == "LabelEncoder" else ""
        node = onnx.helper.make_node(
            operator, [name], [output], domain=domain, **attributes
        )
        nodes.append(node)
        name = output
    return nodes
