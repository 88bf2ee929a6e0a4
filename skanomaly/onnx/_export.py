"""Write a fitted detector as an ONNX graph."""

import os
from importlib import import_module
from inspect import signature
from typing import Literal

import torch

from skanomaly._training.frames import is_frame
from skanomaly.onnx._columns import columns_graph
from skanomaly.onnx._graph import detector_graph
from skanomaly.onnx._modules import import_tool
from skanomaly.onnx._plan import plan_of
from skanomaly.onnx._steps import ROWS, joined, steps_graph
from skanomaly.utils._files import check_target, write_aside
from skanomaly.utils._typing import MatrixLike

__all__ = ["to_onnx"]

# The first opset that torch writes, and the last that skl2onnx reads.
OPSETS = range(18, 23)

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def to_onnx(
    estimator: object,
    path: str | os.PathLike[str],
    *,
    X: MatrixLike | None = None,
    dtype: Literal["float32", "float64"] = "float64",
    opset: int = 18,
) -> None:
    """Write a fitted detector, or a Pipeline that ends with one, as an ONNX graph.

    The graph takes any number of rows and computes what the estimator's methods of the
    same names compute, in float64 as they do:

    - ``anomaly_score``, shape (n_rows,), float64;
    - ``decision_function``, shape (n_rows,), float64, negative for anomalies;
    - ``label``, shape (n_rows,), int64: +1 for normal rows, -1 for anomalous ones;
    - ``feature_scores``, shape (n_rows, n_features), float64, of detectors that have
      them. Of a Pipeline they belong to the columns that its detector sees.

    Parameters
    ----------
    estimator : object
        A fitted detector of `skanomaly.detectors` but for `AnoGAN`, a
        `CalibratedDetector` around one, or a Pipeline of transformers that `skl2onnx`
        converts, and one of these; or a fitted search, whose best estimator is taken.
    path : str or path-like
        Where to write the file, whose name usually ends with ".onnx". A file that is
        there is replaced when the new one is complete.
    X : DataFrame, default=None
        For a Pipeline that takes columns by name: a few rows of the kind that will be
        scored. Each column becomes an input of its name and type, shape (n_rows, 1).
        None makes one input, "X", of shape (n_rows, n_features). A detector that was
        fitted to categories needs none, and has an input for each column, too: texts,
        int64 for categories that are integers, `dtype` for numbers.
    dtype : {"float64", "float32"}, default="float64"
        Type of the numbers in the inputs. A runtime takes no other, and float32 does
        not hold all numbers of a float64 table: convert before you compare.
    opset : int, default=18
        Version of ONNX's operators, 18 to 22, for runtimes that know no other.

    Raises
    ------
    NotFittedError
        When the estimator is not fitted.
    TypeError
        When `estimator` is none of those named: correctors, which write tables, and
        `AnoGAN`, which searches by gradients when it scores, have no graph.
    ValueError
        When a step or a network of your own cannot be converted; the message names it.
    FileNotFoundError, IsADirectoryError
        When the folder of `path` is missing, or `path` is one.
    ImportError
        When the packages of the extra are missing: ``pip install skanomaly[onnx]``; or
        when torch is so old (2.4 is) that it cannot make graphs for any number of rows.

    Notes
    -----
    Missing cells are NaN. A graph checks nothing: rows that the estimator would refuse
    have scores without meaning. All rows of a call are in memory at once, and nearest
    neighbours make a number for each row and reference: score some thousand rows at a
    time. Convolutions are computed in float32, because onnxruntime knows no others.
    Where training rows are equally far from a row, another of them may count as its
    neighbour, so that `feature_scores` may share the same sum differently.

    Examples
    --------
    >>> import numpy as np, onnxruntime, os, tempfile
    >>> from skanomaly.detectors import DeepSVDD
    >>> from skanomaly.onnx import to_onnx
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> detector = DeepSVDD(max_epochs=1, contamination=0.1, random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "detector.onnx")
    ...     to_onnx(detector, path)
    ...     session = onnxruntime.InferenceSession(path)
    >>> score, label = session.run(["anomaly_score", "label"], {"X": X})
    >>> np.allclose(score, detector.anomaly_score(X), rtol=1e-5)
    True
    >>> np.array_equal(label, detector.predict(X))
    True
    """
    _check_parameters(X, dtype, opset)
    plan = plan_of(estimator)
    if X is not None and not plan.steps:
        raise ValueError(
            "X is for a Pipeline, whose steps may take columns by their names: leave "
            "it out for a detector, which knows its columns."
        )
    check_target(path)
    import_tool("onnx")
    _check_exporter()
    model = _graph(plan, X, dtype, opset)
    _describe(model, plan)
    write_aside(path, model.SerializeToString())


def _graph(plan, X, dtype, opset):
    """Graph of a detector, behind that of what makes its rows."""
    if plan.steps:
        before = steps_graph(plan.steps, X, dtype, opset)
    elif plan.detector._table.categories:
        before = columns_graph(plan.detector, dtype, opset)
    else:
        return detector_graph(plan, DTYPES[dtype], opset, "X")
    return joined(before, detector_graph(plan, torch.float64, opset, ROWS))


def _check_parameters(X, dtype, opset):
    if X is not None and not is_frame(X):
        raise TypeError(
            f"X={type(X).__name__} must be a DataFrame, whose columns become inputs. "
            "Leave it out for a table of numbers."
        )
    if dtype not in DTYPES:
        raise ValueError(f"dtype={dtype!r} must be 'float32' or 'float64'.")
    if opset not in OPSETS:
        raise ValueError(
            f"opset={opset!r} must be an integer from {OPSETS[0]} to {OPSETS[-1]}."
        )


def _check_exporter():
    if "dynamic_shapes" not in signature(torch.onnx.export).parameters:
        raise ImportError(
            f"torch {torch.__version__} cannot make a graph for any number of rows: "
            "install a newer one, for instance 2.13, with which graphs are tested."
        )


def _describe(model, plan):
    """Say who made the graph, and check that it is one."""
    _drop_unused(model.graph)
    version = import_module("skanomaly").__version__  # the one package that is above
    model.producer_name, model.producer_version = "skanomaly", version
    model.doc_string = f"{type(plan.detector).__name__} of skanomaly {version}"
    import_tool("onnx").checker.check_model(model)


def _drop_unused(graph):
    """Leave out constants that no node reads, of which runtimes would warn."""
    read = {output.name for output in graph.output} | _read(graph)
    kept = [tensor for tensor in graph.initializer if tensor.name in read]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _read(graph):
    """Names that the nodes of a graph read, those in branches included."""
    read = {name for node in graph.node for name in node.input}
    for node in graph.node:
        for attribute in node.attribute:
            read |= _read(attribute.g)
    return read
