"""Tables as they come: categories, text, truth values and missing cells in a frame."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from skanomaly.samplers import UniformSampler
from tests.contract.estimators import (
    IMAGE_ESTIMATORS,
    TABULAR,
    every_estimator,
    every_tabular,
    having,
)
from tests.contract.rows import taken

# Their losses and scores are sums over the cells.
BY_CELL = (
    "AnoGAN", "AutoEncoder", "FastAnoGAN", "MultiEncoderAutoEncoder",
    "NeighborsDetector", "NoiseContrastiveAutoEncoder", "VAE", "VAEEnsemble",
)  # fmt: skip

NAMES = ["size", "city", "note", "paid", "count"]


def mixed(n_rows=80, seed=0):
    """Two columns of numbers, three of categories, that depend on each other."""
    rng = np.random.default_rng(seed)
    city = rng.choice(["Oslo", "Rome", "Lima"], n_rows, p=[0.5, 0.3, 0.2])
    count = rng.integers(0, 9, n_rows)
    columns = [
        rng.normal(size=n_rows).astype(np.float32) + (city == "Rome"),
        city,
        np.where(count > 4, "much", "little"),
        city != "Oslo",
        count,
    ]
    return pd.DataFrame(dict(zip(NAMES, columns, strict=True)))


def with_missing(n_rows=80):
    """The same with a missing cell in each column, in rows 0 to 4."""
    X = mixed(n_rows).astype({"paid": "boolean", "count": "Int64"})
    for i, name in enumerate(NAMES):
        X.loc[i, name] = None
    return X


def made(name, **params):
    return TABULAR[name](contamination=0.1, **params)


_FITTED: dict = {}


def fitted(name, to=mixed):
    """Share detectors that no test changes."""
    if (name, to) not in _FITTED:
        _FITTED[name, to] = made(name).fit(to())
    return _FITTED[name, to]


@every_tabular
def test_mixed_frames_are_scored(name):
    scores = fitted(name).score_samples(mixed(30, seed=1))
    assert scores.shape == (30,)
    assert np.isfinite(scores).all()
    assert len(np.unique(scores)) > 10
    assert fitted(name).n_features_in_ == 5


@every_tabular
def test_missing_cells_are_scored_whether_or_not_fit_saw_any(name):
    for to in (mixed, with_missing):
        assert np.isfinite(fitted(name, to).score_samples(with_missing())).all()


@pytest.mark.parametrize("name", BY_CELL)
def test_what_stands_in_a_missing_cell_does_not_matter(name):
    X = with_missing()
    other = X.astype({"city": object, "paid": object, "count": object, "note": object})
    other.loc[1, "city"], other.loc[2, "note"] = np.nan, pd.NA
    other.loc[3, "paid"], other.loc[4, "count"] = None, np.nan
    detector = fitted(name, with_missing)
    assert_array_equal(detector.score_samples(other), detector.score_samples(X))


@pytest.mark.parametrize("name", [n for n in BY_CELL if "VAE" not in n])
def test_missing_cells_add_nothing_to_the_score(name):
    cells = fitted(name, with_missing).feature_scores(with_missing())
    assert_array_equal(np.diag(cells.iloc[:5]), 0.0)
    assert (cells.iloc[10:].to_numpy() > 0).mean() > 0.9


@pytest.mark.parametrize("name", ["VAE", "VAEEnsemble"])
def test_missing_cells_add_a_constant_to_the_nats(name):
    # Densities are those in the units of X: a cell that is left out has the same term
    # for its unit in every row.
    X = with_missing()
    X.loc[5:9, "size"] = None
    cells = fitted(name, with_missing).feature_scores(X)
    assert cells["size"].iloc[[0, *range(5, 10)]].nunique() == 1


@pytest.mark.parametrize("name", BY_CELL)
def test_missing_cells_do_not_train(name):
    # The loss of a row is that of its known cells, whatever the network makes of the
    # others: a column that is known in two rows hardly moves its output.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    X[2:, 2] = np.nan
    X[:2, 2] = -1e3, 1e3
    detector = made(name).fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    cells = detector.feature_scores(X)
    assert len(np.unique(cells[2:, 2])) == 1


@every_tabular
def test_arrays_may_have_missing_cells(name):
    X = np.random.default_rng(0).normal(size=(60, 4))
    X[::7, 1] = np.nan
    detector = made(name)
    assert get_tags(detector).input_tags.allow_nan
    assert np.isfinite(detector.fit(X).score_samples(X)).all()
    frame = pd.DataFrame(X, columns=list("abcd")).astype("Float64")
    scores = made(name).fit(frame).score_samples(frame)
    assert_allclose(scores, detector.score_samples(X), rtol=1e-12)


@every_tabular
def test_unseen_categories_score_as_rare(name):
    X = mixed(80).drop(columns=["note", "paid"])
    X["city"] = np.resize(["Oslo", "Rome"], 80)  # no rare level in training
    detector = made(name)
    detector.set_params(**taken(detector, max_epochs=30))
    if name in (
        "DeepSVDD",
        "DeepSAD",
        "WGANEnsemble",
    ):  # too narrow to keep an input apart
        detector.set_params(hidden_units=None)
    detector.fit(X)
    new = X.assign(city="Paris")
    higher = detector.anomaly_score(new) > detector.anomaly_score(X)
    assert higher.mean() > 0.8


DTYPES = {
    "category": lambda X: X.astype({"city": "category", "note": "category"}),
    "other order of levels": lambda X: X.assign(
        city=pd.Categorical(X["city"], ["Rome", "Quito", "Oslo", "Lima"]),
        note=pd.Categorical(X["note"], ["much", "little"], ordered=True),
    ),
    "objects": lambda X: X.astype(object),
    "strings": lambda X: X.astype({"city": "string", "note": "string"}),
    "nullable": lambda X: X.convert_dtypes(),
    "nullable truth values": lambda X: X.astype({"paid": "boolean", "count": "Int16"}),
    "categories of truth values": lambda X: X.astype({"paid": "category"}),
    "floats": lambda X: X.astype({"size": "float64", "count": "float32"}),
    "polars": lambda X: pl.DataFrame(X.to_dict("list")),
    "polars categories": lambda X: pl.DataFrame(X.to_dict("list")).with_columns(
        pl.col("city").cast(pl.Categorical),
        pl.col("note").cast(pl.Enum(["much", "little"])),
    ),
}


@pytest.mark.parametrize("dtypes", DTYPES)
@pytest.mark.parametrize(
    "name", ["AutoEncoder", "VAEEnsemble", "DeepSVDD", "NeighborsDetector"]
)
def test_equal_tables_in_other_dtypes_score_alike(name, dtypes):
    X = DTYPES[dtypes](mixed())
    expected = fitted(name).score_samples(mixed())
    assert_array_equal(fitted(name).score_samples(X), expected)
    assert_array_equal(made(name).fit(X).score_samples(mixed()), expected)


@pytest.mark.parametrize("name", [*having("feature_scores"), "NeighborsDetector"])
def test_scores_have_the_columns_of_the_frame(name):
    X = mixed().set_index(pd.Index(range(100, 180)))
    scores = fitted(name).feature_scores(X)
    assert list(scores.columns) == NAMES
    assert_array_equal(scores.index, X.index)
    assert scores.dtypes.eq("float64").all()


@pytest.mark.parametrize("name", having("reconstruct"))
def test_reconstructions_have_the_columns_of_the_frame(name):
    X = mixed().set_index(pd.Index(range(100, 180)))
    rows = fitted(name).reconstruct(X.astype({"city": "category"}))
    assert list(rows.columns) == NAMES
    assert_array_equal(rows.index, X.index)
    assert rows["city"].dtype == "category"
    assert set(rows["city"]) <= {"Oslo", "Rome", "Lima"}
    assert rows["paid"].isin([True, False]).all()


@pytest.mark.parametrize(
    "name", ["AutoEncoder", "MultiEncoderAutoEncoder", "NeighborsDetector"]
)
def test_scores_of_columns_add_up(name):
    X = with_missing()
    detector = fitted(name, with_missing)
    total = detector.feature_scores(X).sum(axis=1)
    assert_allclose(total, detector.anomaly_score(X), rtol=1e-5)


def test_reconstructions_are_the_likeliest_categories():
    X = mixed(300)
    X.loc[0, "note"] = None
    detector = made("AutoEncoder", hidden_units=(32,), latent_dim=8, max_epochs=200)
    rows = detector.fit(X).reconstruct(X)
    assert (rows["city"] == X["city"]).mean() > 0.9
    assert (rows["paid"].astype(bool) == X["paid"]).mean() > 0.9
    # What was missing is what goes with the rest of the row.
    assert rows.loc[0, "note"] == ("much" if X.loc[0, "count"] > 4 else "little")


@pytest.mark.parametrize("name", [*having("feature_scores"), "NeighborsDetector"])
def test_frames_of_numbers_give_frames_and_arrays_arrays(name, blob):
    detector = made(name).fit(blob)
    frame = pd.DataFrame(blob, columns=list("abcd"))
    of_frame = made(name).fit(frame)
    for method in {"feature_scores", "reconstruct"} & set(dir(detector)):
        array = getattr(detector, method)(blob)
        assert type(array) is np.ndarray
        result = getattr(of_frame, method)(frame)
        assert isinstance(result, pd.DataFrame)
        assert_allclose(result, array, rtol=1e-12)
        result = getattr(of_frame, method)(pl.DataFrame(frame.to_dict("list")))
        assert isinstance(result, pl.DataFrame)
        assert_allclose(result, array, rtol=1e-12)


@pytest.mark.parametrize("name", having("sample"))
def test_samples_are_tables(name):
    rows = fitted(name).sample(20, random_state=0)
    assert list(rows.columns) == NAMES
    assert set(rows["city"]) <= {"Oslo", "Rome", "Lima"}


def test_latents_of_a_flow_lead_back_to_the_table():
    flow, X = fitted("NormalizingFlow"), mixed()
    Z = flow.transform(X)
    assert Z.shape[1] == len(flow.get_feature_names_out()) > 5
    back = flow.inverse_transform(Z)
    assert_array_equal(back["city"], X["city"])
    assert_allclose(back["count"], X["count"], atol=1e-3)


@every_tabular
def test_copies_and_pickles_keep_the_categories(name):
    X = with_missing()
    detector = fitted(name, with_missing)
    copied = pickle.loads(pickle.dumps(detector))
    assert_array_equal(copied.score_samples(X), detector.score_samples(X))
    again = clone(detector).fit(X)
    assert_array_equal(again.score_samples(X), detector.score_samples(X))


@every_estimator
def test_a_mixed_table_may_be_learned_by_chunks(name):
    detector = made(name).partial_fit(mixed(60))
    detector.partial_fit(with_missing(60)).partial_fit(mixed(60).assign(city="Paris"))
    assert np.isfinite(detector.score_samples(mixed())).all()


@every_tabular
def test_the_threshold_of_auto_is_set_for_mixed_tables(name):
    detector = TABULAR[name](contamination="auto").fit(with_missing(40))
    assert np.isfinite(detector.offset_)


def test_pipelines_and_searches_take_mixed_tables():
    X = with_missing(60)
    pipeline = make_pipeline(FunctionTransformer(), made("AutoEncoder"))
    expected = fitted("AutoEncoder").get_params()
    search = GridSearchCV(
        pipeline, {"autoencoder__categorical_features": ["from_dtype", [1, 2, 3]]}, cv=2
    ).fit(X)
    assert np.isfinite(search.best_score_)
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] == scores[1]
    assert expected["categorical_features"] == "from_dtype"


SAME = {
    "names": ["city", "note", "paid"],
    "positions": [1, 2, 3],
    "array of positions": np.array([1, 2, 3]),
    "mask": [False, True, True, True, False],
}


@pytest.mark.parametrize("form", SAME)
def test_categories_can_be_named(form):
    detector = made("AutoEncoder", categorical_features=SAME[form]).fit(mixed())
    expected = fitted("AutoEncoder").score_samples(mixed())
    assert_array_equal(detector.score_samples(mixed()), expected)


def test_numbers_can_be_categories_and_arrays_have_them_too():
    X = mixed()[["size", "count"]].to_numpy(dtype=float)
    detector = made("AutoEncoder", categorical_features=[1]).fit(X)
    rows = detector.reconstruct(X)
    assert set(np.unique(rows[:, 1])) <= set(range(9))
    frame = mixed()[["size", "count"]]
    named = made("AutoEncoder", categorical_features=["count"]).fit(frame)
    assert_array_equal(named.score_samples(frame), detector.score_samples(X))


def test_objects_in_an_array_can_be_categories():
    X = mixed()
    detector = made("AutoEncoder", categorical_features=[1, 2, 3])
    array = X.to_numpy(dtype=object)
    expected = fitted("AutoEncoder").score_samples(X)
    assert_array_equal(detector.fit(array).score_samples(array), expected)
    assert_array_equal(detector.score_samples(array.tolist()), expected)


BAD_FEATURES = {
    "position": ([0, 5], "0 to 4"),
    "mask": ([True, False], "mask of 5"),
    "name": (["town"], "'town', but X has no such column"),
    "numbers": ([0.5], "positions"),
}


@pytest.mark.parametrize("case", BAD_FEATURES)
def test_categories_that_are_not_there_are_named(case):
    features, pattern = BAD_FEATURES[case]
    with pytest.raises(ValueError, match=f"categorical_features.*{pattern}"):
        made("AutoEncoder", categorical_features=features).fit(mixed())


def _with(column, values):
    return mixed().assign(**{column: values})


BAD_TABLES = {
    "text without categories": (mixed(), ValueError, "'city'.*not numeric", None),
    "infinity": (_with("size", np.inf), ValueError, "'size'.*infinity.*row 0", ()),
    "no known number": (_with("size", np.nan), ValueError, "'size'.*no known", ()),
    "no known category": (_with("city", None), ValueError, "'city'.*no known", ()),
    "dates": (
        _with("count", pd.date_range("2020", periods=80)),
        TypeError, "'count'.*dates", (),
    ),
    "dates among text": (
        _with("city", pd.Series([pd.Timestamp("2020"), "x"] * 40, dtype=object)),
        TypeError, "'city'.*dates", (),
    ),
    "lists": (_with("city", [[1]] * 80), TypeError, "'city'.*no categories", ()),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_TABLES)
def test_bad_columns_are_named(case):
    X, error, pattern, features = BAD_TABLES[case]
    params = {} if features == () else {"categorical_features": features}
    with pytest.raises(error, match=f"(?i){pattern}"):
        made("AutoEncoder", **params).fit(X)


OTHER_KINDS = {
    "text in numbers": (_with("count", "five"), ValueError, "'count'.*not numeric"),
    "numbers in text": (_with("city", 1), TypeError, "'city'.*held text.*numbers now"),
    "other columns": (mixed()[NAMES[::-1]], ValueError, "same order"),
    "infinity": (_with("size", -np.inf), ValueError, "'size'.*infinity"),
}


@pytest.mark.parametrize("case", OTHER_KINDS)
def test_columns_of_another_kind_than_in_fit_are_refused(case):
    X, error, pattern = OTHER_KINDS[case]
    detector = fitted("AutoEncoder")
    before = detector.score_samples(mixed())
    for method in ("score_samples", "calibrate", "partial_fit", "reconstruct"):
        with pytest.raises(error, match=pattern):
            getattr(detector, method)(X)
    assert_array_equal(detector.score_samples(mixed()), before)


@pytest.mark.parametrize("name", IMAGE_ESTIMATORS)
def test_images_have_no_categories_and_no_missing_cells(name):
    detector = IMAGE_ESTIMATORS[name]()
    assert not get_tags(detector).input_tags.allow_nan
    X = pd.DataFrame(np.random.default_rng(0).random((20, 4)), columns=list("abcd"))
    with pytest.raises(ValueError, match="brightness of a pixel"):
        detector.fit(X.assign(b="red"))
    with pytest.raises(ValueError, match="NaN"):
        detector.fit(X.assign(b=np.nan))


def test_many_levels_share_an_input():
    X = mixed(400)
    rng = np.random.default_rng(0)
    X["note"] = [f"n{k}" for k in rng.zipf(1.3, 400)]
    X["city"] = [f"row {i}" for i in range(400)]  # a name for each row says nothing
    detector = made("AutoEncoder").fit(X)
    n_inputs = detector.net_.module_.expansion.n_inputs
    assert 5 <= n_inputs < 80
    cells = detector.feature_scores(X.assign(city="new"))
    assert_allclose(cells, detector.feature_scores(X))


@pytest.mark.parametrize("sampler", ["sampler", "rows"])
def test_outliers_of_mixed_tables_have_categories(sampler):
    outliers = mixed(50, seed=3).assign(city="Lima", paid=False)
    given = {"sampler": UniformSampler(), "rows": outliers}[sampler]
    detector = made("OutlierDiscriminator", max_epochs=60)
    detector.set_params(sampler=given, hidden_units=(32,)).fit(mixed(300))
    normal, odd = mixed(50, seed=4), outliers
    assert detector.anomaly_score(odd).mean() > detector.anomaly_score(normal).mean()
