"""Scoring by ONNX graphs beside our own scoring and IsolationForest."""

import statistics
import tempfile
import warnings
from pathlib import Path

import numpy as np
from sklearn.ensemble import IsolationForest

from benchmarks.common import interleave
from benchmarks.speed.by_rows import correlated
from benchmarks.speed.check import Check
from skanomaly import detectors
from skanomaly.onnx import to_onnx

N_ROWS = 100_000
N_TRAIN = 2000
# As many rows as are scored at a time: a graph has all rows of a call in memory.
BATCH = 4096
# Calls of one row that are timed together: a single one is mostly noise.
N_CALLS = 200

OURS = (
    "NeighborsDetector", "AutoEncoder", "DeepSVDD", "VAE", "NormalizingFlow",
)  # fmt: skip

GRAPHS_TITLE = (
    f"Default detectors, fitted to {N_TRAIN:,} x 10, one thread, processor time. "
    "*Graph* is the file of `skanomaly.onnx.to_onnx` in onnxruntime, all outputs "
    f"computed, float64 rows in batches of {BATCH:,}; *ours* is `anomaly_score`. "
    "IsolationForest is scikit-learn's, its graph the float32 one of skl2onnx. Median "
    "of the rounds, the lowest and the highest in brackets."
)


def graphs_section(quick, n_rounds):
    """Milliseconds of one row, and microseconds a row of many."""
    X = correlated(10_000 if quick else N_ROWS).astype(np.float64)
    n_calls = 20 if quick else N_CALLS
    checks = []
    for name, (score, graph) in _scorers(X).items():
        variants = _variants(score, graph, X, n_calls)
        rounds = interleave(variants, min(n_rounds, 3), f"graphs, {name}")
        checks += _checks(name, rounds, n_calls, len(X))
    return checks


def _variants(score, graph, X, n_calls):
    return {
        "ours, one row": lambda: _one_by_one(score, X, n_calls),
        "graph, one row": lambda: _one_by_one(graph, X, n_calls),
        "ours, many": lambda: score(X),
        "graph, many": lambda: _in_batches(graph, X),
    }


def _scorers(X):
    """Functions of rows by detector: ours, and the graph."""
    scorers = {}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in OURS:
            detector = _fitted(name, X)
            path = Path(folder) / f"{name}.onnx"
            to_onnx(detector, path)
            scorers[name] = detector.anomaly_score, _session(path.read_bytes())
        forest = IsolationForest(random_state=0).fit(X[:N_TRAIN])
        scorers["IsolationForest"] = forest.score_samples, _forest_graph(forest, X)
    return scorers


def _fitted(name, X):
    kind = getattr(detectors, name)
    detector = kind() if name == "NeighborsDetector" else kind(random_state=0)
    return detector.fit(X[:N_TRAIN])


def _session(content, dtype=np.float64):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options)
    return lambda rows: session.run(None, {"X": rows.astype(dtype, copy=False)})


def _forest_graph(forest, X):
    import skl2onnx

    target = {"": 18, "ai.onnx.ml": 3}
    example = X[:1].astype(np.float32)
    model = skl2onnx.to_onnx(forest, example, target_opset=target)
    return _session(model.SerializeToString(), np.float32)


def _one_by_one(score, X, n_calls):
    for i in range(n_calls):
        score(X[i : i + 1])


def _in_batches(score, X):
    for start in range(0, len(X), BATCH):
        score(X[start : start + BATCH])


def _checks(name, rounds, n_calls, n_rows):
    checks = []
    for variant, factor, unit in (
        ("one row", 1e3 / n_calls, "ms"),
        ("many", 1e6 / n_rows, "us/row"),
    ):
        what = "one row" if variant == "one row" else f"{n_rows:,} rows"
        for side in ("ours", "graph"):
            times = [factor * r[f"{side}, {variant}"]["cpu"] for r in rounds]
            label = f"{name}, {what}, {_side(name, side)}"
            middle = statistics.median(times)
            checks.append(
                Check("graphs", label, middle, unit, low=min(times), high=max(times))
            )
    return checks


def _side(name, side):
    return "scikit-learn" if (name, side) == ("IsolationForest", "ours") else side
