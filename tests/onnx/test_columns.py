"""Detectors of tables with categories take columns, each of its type."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.detectors import AutoEncoder, CalibratedDetector, DeepSVDD
from skanomaly.onnx import to_onnx

onnxruntime = pytest.importorskip("onnxruntime")


def detector():
    return DeepSVDD(
        hidden_units=(4,), latent_dim=2, pretrain_epochs=0, max_epochs=1,
        contamination=0.1, random_state=0,
    )  # fmt: skip


def shop():
    """Numbers, texts, truth values, and integers that are declared as categories."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "price": rng.lognormal(size=90),
            "city": rng.choice(["Kiel", "Ulm", "Bonn"], size=90),
            "is_new": rng.random(90) < 0.5,
            "shelf": pd.Categorical(rng.integers(3, 7, size=90)),
        }
    )
    table.loc[::9, "city"], table.loc[::7, "price"] = None, np.nan
    table.loc[5, "city"] = "Rom"  # rare: it shares the code of unseen ones
    return table


def feed(table, dtype=np.float64):
    """A table as a graph takes it."""
    return {
        "price": table[["price"]].to_numpy(dtype),
        "city": table[["city"]].fillna("").to_numpy(object),
        "is_new": table[["is_new"]].to_numpy(np.int64),
        "shelf": table[["shelf"]].astype(np.int64).to_numpy(),
    }


def assert_same(session, estimator, table):
    score, label, cells = session.run(
        ["anomaly_score", "label", "feature_scores"], feed(table)
    )
    np.testing.assert_allclose(score, estimator.anomaly_score(table), rtol=1e-5)
    np.testing.assert_array_equal(label, estimator.predict(table))
    ours = np.asarray(estimator.feature_scores(table))
    np.testing.assert_allclose(cells, ours, rtol=1e-5, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("contaminated", ["known", "unseen"])
def test_a_graph_scores_tables_as_its_detector(contaminated, tmp_path):
    X = shop()
    fitted = AutoEncoder(max_epochs=2, random_state=0).fit(X)
    to_onnx(fitted, tmp_path / "graph.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "graph.onnx")
    if contaminated == "unseen":
        X = X.assign(city="Oslo", shelf=pd.Categorical([99] * len(X)))
    for table in (X, X[:1]):
        assert_same(session, fitted, table)


def test_columns_are_inputs_of_their_types(tmp_path):
    X = shop()
    fitted = detector().fit(X)
    to_onnx(fitted, tmp_path / "graph.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "graph.onnx")
    assert {i.name: i.type for i in session.get_inputs()} == {
        "price": "tensor(double)", "city": "tensor(string)",
        "is_new": "tensor(int64)", "shelf": "tensor(int64)",
    }  # fmt: skip
    X = pd.concat([X, X.assign(city="Oslo")])
    score, label = session.run(["anomaly_score", "label"], feed(X))
    np.testing.assert_allclose(score, fitted.anomaly_score(X), rtol=1e-5)
    np.testing.assert_array_equal(label, fitted.predict(X))


def test_numbers_may_be_float32_and_a_wrapper_around(tmp_path):
    X = shop()
    X["price"] = X["price"].astype(np.float32)
    wrapper = CalibratedDetector(detector(), cv=2).fit(X)
    to_onnx(wrapper, tmp_path / "graph.onnx", dtype="float32")
    session = onnxruntime.InferenceSession(tmp_path / "graph.onnx")
    (label,) = session.run(["label"], feed(X, np.float32))
    np.testing.assert_array_equal(label, wrapper.predict(X))


def test_columns_without_a_type_are_refused(tmp_path):
    X = shop()
    path = tmp_path / "graph.onnx"
    halves = X.assign(shelf=pd.Categorical(np.arange(len(X)) % 4 / 2))
    with pytest.raises(ValueError, match="'shelf' are numbers, and a graph takes"):
        to_onnx(detector().fit(halves), path)
    both = X.assign(city=np.where(np.arange(len(X)) % 2, "Ulm", None))
    both["city"] = both["city"].astype(object).where(both.index % 4 > 0, 7)
    with pytest.raises(ValueError, match="'city' are numbers and text"):
        to_onnx(detector().fit(both), path)
    with pytest.raises(ValueError, match="without column names"):
        to_onnx(detector().set_params(categorical_features=[0]).fit(rows()), path)
    assert list(tmp_path.iterdir()) == []


def rows():
    return np.random.default_rng(0).integers(0, 4, size=(60, 3)).astype(float)
