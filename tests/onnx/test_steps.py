"""Steps of a Pipeline in front of a detector."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    StandardScaler,
)

from skanomaly.detectors import DeepSVDD, NeighborsDetector
from skanomaly.onnx import to_onnx

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("skl2onnx")


def detector():
    return DeepSVDD(
        hidden_units=(4,), latent_dim=2, pretrain_epochs=0, max_epochs=1,
        contamination=0.1, random_state=0,
    )  # fmt: skip


def rows(missing=False):
    X = 50.0 + np.random.default_rng(0).normal(size=(80, 4)) * [1.0, 9.0, 99.0, 0.1]
    if missing:
        X[::7, 1] = np.nan
    return X


def shop():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "price": rng.lognormal(size=80),
            "pieces": rng.integers(1, 9, size=80),
            "city": rng.choice(["Kiel", "Ulm", "Bonn"], size=80),
        }
    )


@pytest.mark.parametrize(
    "steps, missing",
    [
        ([StandardScaler(), "passthrough", PCA(2)], False),
        ([SimpleImputer(strategy="median"), MinMaxScaler()], True),
        ([make_pipeline(StandardScaler(), MinMaxScaler()), None], False),
    ],
    ids=["scale-pca", "impute", "nested"],
)
def test_steps_and_detector_are_one_graph(steps, missing, tmp_path):
    X = rows(missing)
    pipe = make_pipeline(*steps, detector()).fit(X)
    to_onnx(pipe, tmp_path / "graph.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "graph.onnx")
    for n_rows in (1, 2, 80):
        score, label = session.run(["anomaly_score", "label"], {"X": X[:n_rows]})
        expected = pipe.score_samples(X[:n_rows])
        np.testing.assert_allclose(score, -expected, rtol=1e-5)
        np.testing.assert_array_equal(label, pipe.predict(X[:n_rows]))


def test_columns_of_a_frame_are_inputs_of_their_types(tmp_path):
    X = shop()
    encoder = make_column_transformer(
        (StandardScaler(), ["price", "pieces"]),
        (OneHotEncoder(handle_unknown="ignore"), ["city"]),
        sparse_threshold=0,
    )
    pipe = make_pipeline(encoder, detector()).fit(X)
    with pytest.raises(ValueError, match="takes columns by their names: pass X="):
        to_onnx(pipe, tmp_path / "graph.onnx")
    to_onnx(pipe, tmp_path / "graph.onnx", X=X[:3])
    session = onnxruntime.InferenceSession(tmp_path / "graph.onnx")
    X.loc[1, "city"] = "Rom"  # one that the encoder does not know
    feed = {name: X[[name]].to_numpy() for name in X}
    assert {i.name: i.type for i in session.get_inputs()} == {
        "price": "tensor(double)", "pieces": "tensor(int64)", "city": "tensor(string)",
    }  # fmt: skip
    score = session.run(["anomaly_score"], feed)[0]
    np.testing.assert_allclose(score, -pipe.score_samples(X), rtol=1e-5)


def test_the_step_that_cannot_be_converted_is_named(tmp_path):
    square = FunctionTransformer(np.square)
    pipe = make_pipeline(StandardScaler(), square, PCA(2), detector()).fit(rows())
    with pytest.raises(ValueError, match=r"'functiontransformer' \(FunctionTransf"):
        to_onnx(pipe, tmp_path / "graph.onnx")
    assert list(tmp_path.iterdir()) == []


def test_categories_behind_steps_have_to_be_encoded_there(tmp_path):
    keep = make_column_transformer(("passthrough", ["price", "city"]))
    pipe = make_pipeline(keep.set_output(transform="pandas"), detector()).fit(shop())
    with pytest.raises(ValueError, match=r"columns '.*city'\) from .*OneHotEncoder"):
        to_onnx(pipe, tmp_path / "graph.onnx")


@pytest.mark.slow
def test_steps_come_before_a_graph_with_branches(tmp_path):
    X = rows()
    pipe = make_pipeline(StandardScaler(), NeighborsDetector()).fit(X)
    to_onnx(pipe, tmp_path / "graph.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "graph.onnx")
    score = session.run(["anomaly_score"], {"X": X})[0]
    np.testing.assert_allclose(score, -pipe.score_samples(X), rtol=1e-5)
