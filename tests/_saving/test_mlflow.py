"""MLflow stores estimators by skops, as the user guide shows it."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skanomaly
from skanomaly.detectors import AutoEncoder


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # MLflow's own, about itself
def test_a_pipeline_is_logged_and_loaded_again(rows, tmp_path, monkeypatch):
    # Here, since importing it takes a second, also where slow tests are left out.
    mlflow = pytest.importorskip("mlflow", reason="MLflow is not installed")
    mlflow_sklearn = pytest.importorskip("mlflow.sklearn", reason="needs its models")
    monkeypatch.chdir(tmp_path)
    # MLflow's small package has no other store.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    detector = AutoEncoder(latent_dim=1, hidden_units=(2,), max_epochs=1)
    pipeline = make_pipeline(StandardScaler(), detector).fit(rows)
    with mlflow.start_run():
        info = mlflow_sklearn.log_model(
            pipeline,
            name="detector",
            serialization_format="skops",
            skops_trusted_types=skanomaly.trusted_types(),
        )
    loaded = mlflow_sklearn.load_model(info.model_uri)
    np.testing.assert_array_equal(
        loaded.score_samples(rows), pipeline.score_samples(rows)
    )
