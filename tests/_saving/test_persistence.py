"""What users save and load: pipelines, own networks, other versions."""

import io
import json
import pickle
import re
import sys
import warnings
from pathlib import Path

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from skorch import NeuralNetClassifier
from skorch.callbacks import EarlyStopping, EpochScoring
from torch import nn

import skanomaly
from skanomaly._saving import persistence
from skanomaly._saving import versions as versions_module
from skanomaly._saving.versions import versions
from skanomaly.correctors import InverseGradientRepair
from skanomaly.detectors import AutoEncoder, CalibratedDetector, NeighborsDetector
from skanomaly.exceptions import LoadError, UntrustedTypesError, VersionWarning
from skanomaly.metrics import anomaly_scorer
from tests._saving.damage import members, sealed

SMALL = {
    "latent_dim": 1, "hidden_units": (2,), "max_epochs": 1, "contamination": 0.1,
    "random_state": 0,
}  # fmt: skip


class OwnNet(nn.Module):
    """A network as users write them."""

    def __init__(self, n_inputs, n_outputs, width=4):
        super().__init__()
        self.width = width
        self.layers = nn.Sequential(
            nn.Linear(n_inputs, width), OwnLayer(), nn.Linear(width, n_outputs)
        )

    def forward(self, x):
        return self.layers(x)


class OwnLayer(nn.Module):
    def forward(self, x):
        return x.sin()


def some_constraint(table):
    return table.iloc[:, 0] != "never"


OWN = [f"{__name__}.OwnNet", f"{__name__}.OwnLayer"]


@pytest.fixture
def through(tmp_path):
    """Save and load; keyword arguments are those of `load`."""

    def saved_and_loaded(estimator, **options):
        skanomaly.save(estimator, tmp_path / "file.skops")
        return skanomaly.load(tmp_path / "file.skops", **options)

    return saved_and_loaded


def test_pipelines_and_searches_hold_detectors(through, rows):
    pipeline = make_pipeline(StandardScaler(), AutoEncoder(**SMALL)).fit(rows)
    assert_array_equal(through(pipeline).predict(rows), pipeline.predict(rows))
    search = GridSearchCV(pipeline, {"autoencoder__lr": [0.1, 0.01]}, cv=2).fit(rows)
    best = search.best_estimator_
    assert_array_equal(through(best).score_samples(rows), best.score_samples(rows))


def test_searches_with_our_scorers_are_trusted_whole(through, rows):
    y = np.arange(len(rows)) % 2
    search = GridSearchCV(
        NeighborsDetector(), {"n_neighbors": [3, 5]}, scoring=anomaly_scorer(), cv=2
    ).fit(rows, y)
    back = through(search)
    assert back.best_params_ == search.best_params_
    assert_array_equal(back.predict(rows), search.predict(rows))


def test_column_transformers_do_too(through, rows):
    X = pd.DataFrame({"a": rows[:, 0], "b": np.where(rows[:, 1] > 0, "x", "y")})
    encode = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["b"]), remainder="passthrough"
    )
    pipeline = make_pipeline(encode, NeighborsDetector()).fit(X)
    assert_array_equal(through(pipeline).score_samples(X), pipeline.score_samples(X))


def test_a_pipeline_may_be_inside(through, rows):
    detector = CalibratedDetector(
        make_pipeline(StandardScaler(), NeighborsDetector()), cv=2
    ).fit(rows)
    assert_array_equal(through(detector).predict(rows), detector.predict(rows))


def test_what_is_of_scikit_learn_alone_is_saved_too(through, rows):
    model = LogisticRegression().fit(rows, rows[:, 0] > 0)
    assert_array_equal(through(model).predict(rows), model.predict(rows))


@pytest.mark.parametrize("estimator", [AutoEncoder(**SMALL), NeighborsDetector()])
def test_one_that_is_not_fitted_comes_back_as_it_was(estimator, through):
    back = through(estimator)
    assert repr(back) == repr(estimator)
    assert back.get_params() == estimator.get_params()


def test_what_is_no_estimator_is_refused(tmp_path):
    with pytest.raises(TypeError, match="estimator is dict, which is no estimator"):
        skanomaly.save({}, tmp_path / "file")


def test_an_own_network_has_to_be_trusted(through, rows):
    detector = AutoEncoder(module=OwnNet, module__width=3, **SMALL).fit(rows)
    with pytest.raises(UntrustedTypesError, match=r"trusted=.*OwnLayer.*OwnNet"):
        through(detector)
    with pytest.raises(UntrustedTypesError, match=r"not trusted: \S*OwnLayer\. If"):
        through(detector, trusted=OWN[0])
    back = through(detector, trusted=OWN)
    assert_array_equal(back.score_samples(rows), detector.score_samples(rows))
    assert_array_equal(
        through(detector, trusted=[OwnNet, OwnLayer]).score_samples(rows),
        detector.score_samples(rows),
    )
    for wrong, said in (([3], " holds 3; expected"), (None, "=None; expected")):
        with pytest.raises(TypeError, match=f"trusted{said}"):
            through(detector, trusted=wrong)


def test_what_cannot_be_named_says_where_it_is(through):
    class Hidden(OwnNet):
        pass

    for module in (Hidden, lambda *args: None):
        with pytest.raises(TypeError, match=r"AutoEncoder\.module.*pickle"):
            through(AutoEncoder(module=module))


def test_a_function_that_only_exists_inside_another_is_refused_in_any_step(through):
    def inner(x):
        return x

    for function in (inner, lambda x: x):
        steps = make_pipeline(FunctionTransformer(function), NeighborsDetector())
        with pytest.raises(
            TypeError, match=r"holds \S+(inner|lambda)\S*, which is not"
        ):
            through(steps)


def test_code_that_is_trusted_and_missing_is_named(through, monkeypatch):
    saved = AutoEncoder(module=OwnNet, **SMALL)
    monkeypatch.delattr(sys.modules[__name__], "OwnNet", raising=False)
    monkeypatch.setattr(persistence, "_check_importable", lambda content: None)
    with pytest.raises(
        LoadError, match=r"OwnNet'\. The code of what is trusted is not"
    ):
        through(saved, trusted=OWN)


def test_callbacks_of_skorch_print_by_default(through, rows):
    callback = EarlyStopping(monitor="train_loss")
    detector = AutoEncoder(callbacks=[callback], **SMALL).fit(rows)
    back = through(detector, trusted=["skorch.callbacks.training.EarlyStopping"])
    assert back.callbacks[0].sink is print
    scoring = EpochScoring(lambda net, X, y: 1.0, name="own")
    with pytest.raises(TypeError, match=r"AutoEncoder\.callbacks\[0\]\['scoring'\] is"):
        through(AutoEncoder(callbacks=[scoring], **SMALL))


def test_requests_of_metadata_come_back(through):
    """They refer back to the estimator that they belong to."""
    with sklearn.config_context(enable_metadata_routing=True):
        asking = AutoEncoder(**SMALL).set_fit_request(sample_weight=True)
        back = through(asking)
        assert back.get_metadata_routing().fit.requests == {"sample_weight": True}
        scaler = StandardScaler().set_fit_request(sample_weight=True)
    if scaler._metadata_request.owner is scaler:  # scikit-learn 1.6 keeps its name
        with pytest.raises(TypeError, match=r"StandardScaler holds .* refers back to"):
            through(scaler)


def test_a_missing_parameter_is_noticed(content, detector, tmp_path):
    parts = members(content)
    schema = parts["schema.json"].decode()
    assert r"\\\"latent_dim\\\"" in schema
    changed = schema.replace(r"\\\"latent_dim\\\"", r"\\\"another_dim\\\"", 1)
    (tmp_path / "file").write_bytes(sealed({**parts, "schema.json": changed.encode()}))
    with pytest.raises(LoadError, match="saved AutoEncoder has no latent_dim"):
        skanomaly.load(tmp_path / "file")


@pytest.fixture
def elsewhere(monkeypatch):
    """Pretend that what was saved before comes from other versions."""

    def other_versions(**changes):
        now = {**versions(), **changes}
        monkeypatch.setattr(versions_module, "_installed", lambda: now)

    return other_versions


def test_other_versions_are_a_warning_or_an_error(content, tmp_path, elsewhere):
    path = tmp_path / "file"
    path.write_bytes(content)
    mine = re.escape(versions()["torch"])
    elsewhere(torch="99.0")
    said = rf"file was saved with torch {mine} \(here 99\.0\)\."
    with pytest.warns(VersionWarning, match=said) as warned:
        skanomaly.load(path)
    assert [w.filename for w in warned] == [__file__]
    with pytest.raises(LoadError, match="strict=True only the same versions"):
        skanomaly.load(path, strict=True)


def test_the_build_and_the_patch_of_python_do_not_count(content, tmp_path, elsewhere):
    path = tmp_path / "file"
    path.write_bytes(content)
    release, python = versions()["torch"].partition("+")[0], versions()["Python"]
    minor = ".".join(python.split(".")[:2])
    elsewhere(torch=f"{release}+cu999", Python=f"{minor}.99")
    skanomaly.load(path, strict=True)


def _joblib_dumps(value):
    file = io.BytesIO()
    joblib.dump(value, file)
    return file.getvalue()


PICKLES = {
    "pickle": (pickle.dumps, pickle.loads),
    "pickle protocol 0": (lambda d: pickle.dumps(d, 0), pickle.loads),
    "joblib": (_joblib_dumps, lambda data: joblib.load(io.BytesIO(data))),
    "cloudpickle": (cloudpickle.dumps, cloudpickle.loads),
}


@pytest.mark.parametrize("name", PICKLES)
def test_pickles_know_their_versions(name, detector, rows, elsewhere):
    dump, load = PICKLES[name]
    data = dump(detector)
    assert_array_equal(load(data).score_samples(rows), detector.score_samples(rows))
    elsewhere(numpy="99.0")
    with pytest.warns(VersionWarning, match="This AutoEncoder was saved with numpy"):
        load(data)


def test_a_pickle_without_a_parameter_is_refused(detector):
    changed = pickle.loads(pickle.dumps(detector))
    del changed.latent_dim
    with pytest.raises(ValueError, match="saved AutoEncoder has no latent_dim"):
        pickle.loads(pickle.dumps(changed))


def test_nothing_of_the_versions_is_left_in_an_estimator(detector, through):
    for back in (through(detector), pickle.loads(pickle.dumps(detector))):
        assert vars(back).keys() == vars(detector).keys()


FORMATS = sorted(Path(__file__).parent.glob("format_*.skops"))


def test_a_file_of_each_format_is_here():
    assert [path.stem for path in FORMATS] == ["format_1"]
    assert all(path.stat().st_size < 50_000 for path in FORMATS)


@pytest.mark.parametrize("path", FORMATS, ids=lambda path: path.stem)
def test_files_of_earlier_formats_are_read(path):
    """Made by `python -m tests._saving.make_format`."""
    said = json.loads(path.with_suffix(".json").read_text())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VersionWarning)
        pipeline = skanomaly.load(path)
    scores = pipeline.score_samples(np.array(said["rows"]))
    np.testing.assert_allclose(scores, said["scores"], rtol=1e-5)
    pipeline[-1].partial_fit(pipeline[:-1].transform(np.array(said["rows"])))


def test_a_net_of_skorch_is_refused_because_it_would_be_a_pickle(through):
    classifier = NeuralNetClassifier(OwnNet)
    with pytest.raises(TypeError, match=r"(?s)\.classifier is.*only pickles"):
        through(InverseGradientRepair(classifier=classifier))
