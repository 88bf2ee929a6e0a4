"""The fewest cells whose change makes a row normal."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import logit
from sklearn.base import clone
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from skorch import NeuralNet, NeuralNetBinaryClassifier, NeuralNetClassifier
from torch import nn

from skanomaly.correctors import (
    BeamSearch,
    DiffusionInpainter,
    GradientSearch,
    InverseGradientRepair,
)
from skanomaly.correctors._search.boosted_trees import BoostedTrees
from skanomaly.correctors._search.log_odds import one_hot
from skanomaly.datasets import make_no_repeats, make_sum_limit
from skanomaly.detectors import AutoEncoder

pytestmark = pytest.mark.filterwarnings("ignore:.*labelled anomalies look normal")

X_SUM, Y_SUM = make_sum_limit("all")  # 0 to 3 in five columns; at most 10 is normal
SEARCHES = ("auto", "exact", "beam", "gradient")
WALKS = GradientSearch(step=0.05, n_restarts=4, n_iter=60)


@pytest.fixture(scope="module")
def no_repeats():
    return make_no_repeats(1000, as_frame=True, random_state=0)


@pytest.fixture(scope="module")
def sum_repair():
    return InverseGradientRepair(max_epochs=150, random_state=0).fit(X_SUM, Y_SUM)


@pytest.fixture(scope="module")
def letter_repair(no_repeats):
    return InverseGradientRepair(max_epochs=200, random_state=0).fit(*no_repeats)


def _searching(repair, **params):
    """The fitted classifier with another search."""
    return clone(repair).set_params(classifier=repair.classifier_, **params)


def _least_edits(X):
    """Cells that must fall to 0, largest first, until the sum is at most 10."""
    falls = np.cumsum(-np.sort(-X, axis=1), axis=1)
    return 1 + (X.sum(axis=1)[:, None] - falls > 10).sum(axis=1)


@pytest.mark.parametrize("search", SEARCHES)
def test_every_anomaly_of_the_sum_is_repaired(search, sum_repair):
    repair = _searching(sum_repair, search=search).fit(X_SUM)
    out = repair.transform(X_SUM)
    assert (out.sum(axis=1) <= 10).all()
    report = repair.row_report_
    assert report["status"].eq("repaired").to_numpy().tolist() == (Y_SUM == 1).tolist()
    assert (report["p_anomaly_after"] < 0.5).all()
    assert (report.loc[Y_SUM == 1, "p_anomaly_before"] >= 0.5).all()


@pytest.mark.parametrize("search", ["auto", "exact"])
def test_repairs_are_least_and_certified(search, sum_repair):
    repair = _searching(sum_repair, search=search).fit(X_SUM)
    repair.transform(X_SUM)
    report = repair.row_report_[Y_SUM == 1]
    np.testing.assert_array_equal(report["n_edits"], _least_edits(X_SUM[Y_SUM == 1]))
    assert report["certified_min_edits"].all()


def test_every_repeated_letter_is_repaired(letter_repair, no_repeats):
    X, _ = no_repeats
    out = letter_repair.transform(X)
    assert (out.nunique(axis=1) == 3).all()
    edits = 3 - X.nunique(axis=1)  # one letter too many needs one change
    assert letter_repair.row_report_["n_edits"].tolist() == edits.tolist()


def test_rows_below_the_threshold_stay(letter_repair, no_repeats):
    X, y = no_repeats
    np.testing.assert_array_equal(letter_repair.anomaly_proba(X) >= 0.5, y == 1)
    assert letter_repair.transform(X)[y == 0].equals(X[y == 0])


def test_a_lower_threshold_repairs_more_rows():
    soft = LogisticRegression(C=0.01)
    n_repaired = []
    for threshold in (0.2, 0.5):
        repair = InverseGradientRepair(soft, threshold=threshold).fit(X_SUM, Y_SUM)
        repair.transform(X_SUM)
        n_repaired.append(repair.row_report_["status"].ne("untouched").sum())
    assert n_repaired[0] > n_repaired[1]


# Classifiers that users bring


@pytest.mark.parametrize(
    "classifier",
    [LogisticRegression(), RandomForestClassifier(50, random_state=0)],
    ids=["logistic", "forest"],
)
@pytest.mark.parametrize("search", ["auto", "exact", "beam"])
def test_classifiers_of_scikit_learn(classifier, search):
    X, y = X_SUM[::2], Y_SUM[::2]
    repair = InverseGradientRepair(classifier, search=search).fit(X, y)
    out = repair.transform(X)
    assert (repair.anomaly_proba(out) < 0.5).all()
    by_hand = repair.classifier_.predict_proba(repair.one_hot(X).astype(np.float32))
    np.testing.assert_allclose(repair.anomaly_proba(X), by_hand[:, 1], atol=1e-6)


@pytest.mark.parametrize(
    "classifier", [LogisticRegression(), RandomForestClassifier(3)]
)
def test_a_gradient_needs_a_network(classifier):
    with pytest.raises(
        TypeError, match="A gradient needs a classifier that is a torch"
    ):
        InverseGradientRepair(classifier, search="gradient").fit(X_SUM, Y_SUM)


@pytest.mark.parametrize(
    ("net", "n_outputs", "options"),
    [
        (NeuralNetClassifier, 2, {"criterion": nn.CrossEntropyLoss}),
        (NeuralNetBinaryClassifier, 1, {}),
    ],
)
@pytest.mark.parametrize("search", SEARCHES)
def test_classifiers_of_skorch(net, n_outputs, options, search):
    options = {"train_split": None, "verbose": 0, **options}
    classifier = net(nn.Linear(20, n_outputs), max_epochs=40, lr=0.5, **options)
    repair = InverseGradientRepair(classifier, search=search).fit(X_SUM, Y_SUM)
    out = repair.transform(X_SUM)
    assert repair.row_report_["status"].eq("repaired").any()
    rows = [repair.one_hot(X).astype(np.float32) for X in (X_SUM, out)]
    before, after = (repair.classifier_.predict(X) for X in rows)
    assert (before != after).any()
    assert (after == 0).all()


def test_an_unfitted_detector_learns_from_normal_rows():
    detector = AutoEncoder(max_epochs=20, random_state=0)
    repair = InverseGradientRepair(detector).fit(X_SUM, Y_SUM)
    by_hand = clone(detector).fit(repair.one_hot(X_SUM[Y_SUM == 0]))
    scores = by_hand.decision_function(repair.one_hot(X_SUM))
    np.testing.assert_array_equal(repair.anomaly_proba(X_SUM) > 0.5, scores < 0)
    assert not hasattr(detector, "net_")


@pytest.mark.parametrize("search", SEARCHES)
def test_a_fitted_detector_is_used_as_it_is(search, sum_repair):
    rows = sum_repair.one_hot(X_SUM)
    detector = AutoEncoder(max_epochs=20, random_state=0).fit(rows[Y_SUM == 0])
    if search == "gradient":
        search = GradientSearch(n_restarts=2)
    repair = InverseGradientRepair(detector, search=search).fit(X_SUM)
    assert repair.classifier_ is detector
    out = repair.transform(X_SUM[::4])
    done = repair.row_report_["status"].eq("repaired").to_numpy()
    assert done.any()
    assert (detector.predict(repair.one_hot(out[done])) == 1).all()


def test_the_probability_of_a_fitted_classifier_is_reported_as_it_is():
    rows = one_hot(X_SUM, [4] * 5)
    classifier = LogisticRegression(C=0.1).fit(rows, Y_SUM)
    repair = InverseGradientRepair(classifier).fit(X_SUM)
    repair.transform(X_SUM)
    said = repair.row_report_["p_anomaly_before"].to_numpy()
    np.testing.assert_allclose(said, classifier.predict_proba(rows)[:, 1], rtol=1e-5)


def test_the_log_odds_of_a_detector_have_the_spread_of_its_scores_as_their_unit():
    forest = IsolationForest(n_estimators=20, random_state=0)
    repair = InverseGradientRepair(forest, random_state=0).fit(X_SUM)
    repair.transform(X_SUM)
    p = repair.row_report_["p_anomaly_before"].to_numpy()
    assert np.std(logit(p)) == pytest.approx(1.0, rel=1e-3)


def test_the_epochs_are_those_of_the_detector_where_there_are_no_labels():
    repair = InverseGradientRepair(max_epochs=3, random_state=0).fit(X_SUM[:100])
    assert len(repair.classifier_.net_.history) == 3


def test_without_labels_and_classifier_a_detector_is_trained():
    X = pd.DataFrame({"a": ["x", "y"] * 60, "b": ["u", "v"] * 60})
    X.loc[7, "b"] = "u"
    repair = InverseGradientRepair(max_epochs=60, random_state=0).fit(X)
    assert isinstance(repair.classifier_, AutoEncoder)
    assert repair.anomaly_proba(X).argmax() == 7
    out = repair.transform(X)
    assert out.loc[7].tolist() in (["x", "u"], ["y", "v"])


@pytest.mark.parametrize(
    ("classifier", "y", "error", "message"),
    [
        (LogisticRegression(), None, ValueError, "needs labels of both"),
        (LogisticRegression(), 0 * Y_SUM, ValueError, "needs labels of both"),
        (LogisticRegression().fit(X_SUM, Y_SUM), None, ValueError, "expects 5 columns"),
        (
            LinearRegression(),
            Y_SUM,
            TypeError,
            "LinearRegression cannot tell anomalies",
        ),
        ("forest", Y_SUM, TypeError, "forest"),
    ],
)
def test_classifiers_that_cannot_work(classifier, y, error, message):
    with pytest.raises(error, match=message):
        InverseGradientRepair(classifier).fit(X_SUM, y)


# Costs, constraints, candidates


@pytest.mark.parametrize("column", [0, 3])
@pytest.mark.parametrize("kind", ["array", "dict"])
def test_the_cheapest_column_changes(column, kind, sum_repair):
    X = pd.DataFrame(X_SUM, columns=list("abcde"))
    costs = dict.fromkeys("abcde", 5.0) | {"abcde"[column]: 1.0}
    costs = costs if kind == "dict" else list(costs.values())
    repair = InverseGradientRepair(LogisticRegression(), costs=costs).fit(X, Y_SUM)
    row = X[(X.sum(axis=1) == 11) & (X.iloc[:, column] > 1)]
    repair.transform(row)
    assert set(repair.report_["column"]) == {"abcde"[column]}


def test_least_cost_goes_before_fewest_cells():
    # One change of the dear column, or two of the cheap ones.
    X = np.array(list(itertools.product(range(3), range(2), range(2))))
    y = (X.sum(axis=1) > 2).astype(int)
    row = np.array([[2, 1, 1]])
    cheap = InverseGradientRepair(LogisticRegression(), costs=[9, 1, 1]).fit(X, y)
    assert cheap.transform(row).tolist() == [[2, 0, 0]]
    even = InverseGradientRepair(LogisticRegression()).fit(X, y)
    assert even.transform(row).tolist() in ([[0, 1, 1]],)


def test_constraints_choose_among_repairs(letter_repair):
    X = pd.DataFrame([["A", "A", "B"]], columns=["x_0", "x_1", "x_2"])
    rule = lambda table: table["x_1"] == "D"  # noqa: E731
    repair = letter_repair.__class__(letter_repair.classifier_, constraints=rule)
    X_all, y = make_no_repeats("all", as_frame=True)
    repair.fit(X_all, y)
    assert repair.transform(X).to_numpy().tolist() == [["A", "D", "B"]]


def test_too_few_edits_fail():
    repair = InverseGradientRepair(LogisticRegression(), max_edits=1).fit(X_SUM, Y_SUM)
    row = np.full((1, 5), 3)
    assert repair.transform(row).tolist() == row.tolist()
    report = repair.row_report_.iloc[0]
    assert [report["status"], report["reason"]] == ["failed", "no repair found"]


def test_candidates_are_distinct_normal_and_ranked(letter_repair, no_repeats):
    X = no_repeats[0][no_repeats[1] == 1].head(50)
    table = letter_repair.propose(X, n_candidates=4)
    assert set(table["row"]) == set(X.index)
    assert (table["p_anomaly_after"] < 0.5).all()
    for _, mine in table.groupby("row"):
        changes = [
            tuple(zip(c["column"], c["new"], strict=True))
            for _, c in mine.groupby("rank")
        ]
        assert len(set(changes)) == len(changes) > 1
        shares = mine.drop_duplicates("rank")["p_candidate"]
        assert shares.is_monotonic_decreasing
        assert shares.sum() == pytest.approx(1.0)
    best = table[table["rank"] == 0].set_index(["row", "column"])["new"]
    letter_repair.transform(X)
    done = letter_repair.report_.set_index(["row", "column"])["new"]
    assert best.sort_index().equals(done.sort_index())


def test_the_likelier_of_two_repairs_wins():
    rng = np.random.default_rng(0)
    normal = np.stack([rng.choice(["a", "b"], 300, p=[0.98, 0.02]), ["ok"] * 300], 1)
    wrong = np.stack([["c"] * 60, ["ok"] * 60], axis=1)
    X = np.concatenate([normal, wrong]).astype(object)
    y = np.repeat([0, 1], [300, 60])
    inpainter = DiffusionInpainter(hidden_units=(16,), n_steps=100, random_state=0)
    repair = InverseGradientRepair(LogisticRegression(), inpainter=inpainter)
    repair.fit(X, y)
    assert repair.transform(wrong[:1].astype(object)).tolist() == [["a", "ok"]]
    assert not hasattr(inpainter, "net_")


# Searches with parameters of their own


@pytest.mark.parametrize("search", [GradientSearch(), BeamSearch()])
def test_a_name_stands_for_a_search_with_its_defaults(search, sum_repair):
    name = type(search).__name__.removesuffix("Search").lower()
    rows = X_SUM[Y_SUM == 1][:20]
    one, other = (
        _searching(sum_repair, search=s).fit(X_SUM).propose(rows)
        for s in (name, search)
    )
    pd.testing.assert_frame_equal(one, other)


def test_parameters_of_a_search_can_be_set_and_searched_and_are_checked(sum_repair):
    repair = _searching(sum_repair, search=GradientSearch())
    assert repair.get_params()["search__step"] == 0.01
    repair.set_params(search__step=0.05, search__n_restarts=3)
    assert repair.fit(X_SUM).masks(X_SUM[:5]).shape == (5, 3, 5)
    assert clone(repair).search.step == 0.05
    with pytest.raises(ValueError, match="'step' parameter of GradientSearch"):
        repair.set_params(search__step=0).fit(X_SUM)
    with pytest.raises(ValueError, match="'width' parameter of BeamSearch"):
        _searching(sum_repair, search=BeamSearch(width=0)).fit(X_SUM)


# The original walk


@pytest.fixture(scope="module")
def walker(sum_repair):
    return _searching(sum_repair, random_state=1, search=WALKS)


def test_the_published_walk_counts_only_what_it_verified(walker):
    repair = clone(walker).set_params(variant="published", max_epochs=20)
    repair.set_params(classifier=walker.classifier).fit(X_SUM)
    out = repair.transform(X_SUM)
    report = repair.row_report_
    done = report["status"].eq("repaired").to_numpy()
    assert done.any()
    assert (repair.anomaly_proba(out[done]) < 0.5).all()
    assert (out[~done] == X_SUM[~done]).all()


def test_labelled_anomalies_that_stay_are_a_warning_with_their_count():
    soft = LogisticRegression(C=0.1)
    with pytest.warns(UserWarning, match="of 121 labelled anomalies look") as caught:
        repair = InverseGradientRepair(soft).fit(X_SUM, Y_SUM)
    repair.transform(X_SUM[Y_SUM == 1])
    n_left = repair.row_report_["status"].eq("untouched").sum()
    assert 0 < n_left < 121
    assert str(caught[0].message).startswith(f"{n_left} of 121 ")


def test_no_warning_where_all_labelled_anomalies_are_seen():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        InverseGradientRepair(LogisticRegression(C=1e6)).fit(X_SUM, Y_SUM)


# The classifier that is trained by default


def rare_rule(n=1200, n_anomalies=30, seed=0):
    """A conjunction of three cells, and few rows that have it."""
    codes = np.random.default_rng(seed).integers(0, 3, (20 * n, 6))
    y = ((codes[:, 0] == 2) & (codes[:, 1] == 0) & (codes[:, 2] != 1)).astype(int)
    some = np.r_[
        np.flatnonzero(y)[:n_anomalies], np.flatnonzero(1 - y)[: n - n_anomalies]
    ]
    rest = np.setdiff1d(np.arange(len(y)), some)[:4000]
    return codes[some], y[some], codes[rest], y[rest]


@pytest.fixture(scope="module")
def rare_repair():
    X, y, *_ = rare_rule()
    return InverseGradientRepair(random_state=0).fit(X, y)


def test_few_labelled_anomalies_are_enough(rare_repair):
    X, y, X_new, y_new = rare_rule()
    out = rare_repair.transform(X_new)
    seen = rare_repair.row_report_["status"].ne("untouched").to_numpy()
    assert seen[y_new == 1].mean() > 0.9
    assert seen[y_new == 0].mean() < 0.01
    assert (rare_repair.anomaly_proba(out) < 0.5).all()
    assert (rare_repair.anomaly_proba(X[y == 1]) >= 0.5).all()


def test_trees_serve_wherever_a_fitted_classifier_does(rare_repair):
    X, y, X_new, _ = rare_rule()
    trees = rare_repair.classifier_
    assert isinstance(trees, BoostedTrees)
    by_hand = trees.predict_proba(rare_repair.one_hot(X_new))[:, 1]
    np.testing.assert_allclose(rare_repair.anomaly_proba(X_new), by_hand, rtol=1e-5)
    again = InverseGradientRepair(trees).fit(X)
    np.testing.assert_array_equal(again.transform(X_new), rare_repair.transform(X_new))
    refitted = InverseGradientRepair(clone(trees)).fit(X, y)
    np.testing.assert_array_equal(
        refitted.anomaly_proba(X_new), rare_repair.anomaly_proba(X_new)
    )
    with pytest.raises(TypeError, match="fit with search='gradient'"):
        rare_repair.masks(X_new)


@pytest.mark.parametrize(
    "params",
    [{"search": "gradient"}, {"hidden_units": (8,)}, {"max_epochs": 5}],
)
def test_a_network_is_trained_where_one_is_asked_for(params):
    X, y, *_ = rare_rule()
    repair = InverseGradientRepair(**params, random_state=0).fit(X, y)
    assert isinstance(repair.classifier_, NeuralNet)


def test_the_default_is_the_same_for_the_same_seed_and_leaves_the_global_one_alone(
    rare_repair,
):
    X, y, X_new, _ = rare_rule()
    before = np.random.get_state()[1].copy(), torch.random.get_rng_state()  # noqa: NPY002
    again = InverseGradientRepair(random_state=0).fit(X, y)
    one, same = (r.anomaly_proba(X_new) for r in (rare_repair, again))
    np.testing.assert_array_equal(one, same)
    assert np.array_equal(before[0], np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(before[1], torch.random.get_rng_state())


def test_a_classifier_that_says_minus_one_repairs_the_anomalies_only():
    rows = one_hot(X_SUM, [4] * 5)
    upside_down = LogisticRegression(C=1e6).fit(rows, np.where(Y_SUM == 1, -1, 1))
    repair = InverseGradientRepair(upside_down).fit(X_SUM)
    out = repair.transform(X_SUM)
    changed = (out != X_SUM).any(axis=1)
    np.testing.assert_array_equal(changed, Y_SUM == 1)


# Rows that break a stated rule


def equal_ends(table):
    """The first column equals the last."""
    return table.iloc[:, 0] == table.iloc[:, -1]


@pytest.mark.parametrize("search", SEARCHES)
def test_rows_that_break_a_constraint_are_repaired_in_the_fewest_cells(
    search, sum_repair
):
    repair = _searching(sum_repair, constraints=equal_ends, search=search).fit(X_SUM)
    rows = X_SUM[::7]
    out = repair.transform(rows)
    report = repair.row_report_
    broken = rows[:, 0] != rows[:, -1]
    only = broken & (Y_SUM[::7] == 0)
    assert (out[broken, 0] == out[broken, -1]).all()
    assert (out.sum(axis=1) <= 10)[broken].all()
    assert (report.loc[only, "n_edits"] == 1).all()
    assert (report.loc[broken, "status"] == "repaired").all()
    assert (report.loc[broken, "reason"] == "breaks a constraint").all()
    assert (report.loc[~broken & (Y_SUM[::7] == 0), "status"] == "untouched").all()


def test_a_broken_constraint_that_cannot_be_mended_is_a_failure(sum_repair):
    repair = _searching(sum_repair, constraints=equal_ends, immutable=[0, 4])
    repair.fit(X_SUM)
    row = np.array([[0, 1, 1, 1, 2]])
    assert repair.transform(row).tolist() == row.tolist()
    report = repair.row_report_.iloc[0]
    assert report["status"] == "failed"
    assert report["reason"] == "breaks a constraint, no repair found"


def test_the_published_classifier_is_trained_on_squared_error():
    X, y = make_sum_limit(300, random_state=0)
    params = {"variant": "published", "search": "gradient", "max_epochs": 3}
    repair = InverseGradientRepair(**params, random_state=0).fit(X, y)
    module = repair.classifier_.module_
    assert type(module).__name__ == "PublishedRowClassifier"
    assert module.network[0].out_features == 20


def test_masks_show_what_each_walk_flipped(walker):
    repair = walker.fit(X_SUM)
    masks = repair.masks(X_SUM)
    assert masks.shape == (1024, 4, 5)
    assert masks.dtype == bool
    assert not masks[Y_SUM == 0].any()
    changed = repair.transform(X_SUM) != X_SUM
    done = repair.row_report_["status"].eq("repaired").to_numpy()
    assert done.any()
    assert (masks[done] == changed[done][:, None]).all(axis=2).any(axis=1).all()


def test_masks_without_anomalies_are_empty(walker):
    masks = walker.fit(X_SUM).masks(X_SUM[Y_SUM == 0])
    assert masks.shape == (903, 4, 5)
    assert not masks.any()


def test_masks_leave_immutable_columns_alone(walker):
    repair = clone(walker).set_params(immutable=[0, 1], classifier=walker.classifier)
    assert not repair.fit(X_SUM).masks(X_SUM)[:, :, :2].any()
