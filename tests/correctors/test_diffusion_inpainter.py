"""Cells found and redrawn by a diffusion model."""

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from skanomaly.correctors import DiffusionInpainter
from skanomaly.correctors._diffusion.models import folds_by_content
from tests.contract.check_corrector import LANDS, TOWNS, towns

FORMULATIONS = {
    "absorbing": {},
    "multinomial": {"formulation": "multinomial", "n_timesteps": 4},
    "gaussian": {"formulation": "gaussian", "n_timesteps": 4, "n_resamplings": 2},
    "published": {
        "formulation": "gaussian", "n_timesteps": 4, "n_resamplings": 2,
        "variant": "published",
    },
}  # fmt: skip
TINY = {"hidden_units": (8,), "n_steps": 5, "n_draws": 2, "random_state": 0}

every_formulation = pytest.mark.parametrize("formulation", FORMULATIONS)


@pytest.fixture(scope="module")
def dirty():
    return towns(share=0.05)


@pytest.fixture(scope="module")
def inpainter(dirty):
    """One that learned from wrong rows too, each row judged by another fold's model."""
    model = DiffusionInpainter(
        hidden_units=(32,), n_steps=400, n_folds=2, random_state=0
    )
    return model.fit(dirty[0])


@pytest.fixture(scope="module")
def clean_model():
    """One that learned from right rows only, and fills what it is told to."""
    model = DiffusionInpainter(hidden_units=(32,), n_steps=400, random_state=0)
    return model.fit(towns()[0])


def _with(model, **params):
    """The fitted model with other settings of `transform`."""
    return copy.deepcopy(model).set_params(**params)


# Finding wrong cells


def test_wrong_cells_are_told_from_right_ones(clean_model, dirty):
    X, wrong = dirty
    p = clean_model.error_proba(X)
    assert p.shape == X.shape
    assert ((p >= 0) & (p <= 1)).all()
    assert roc_auc_score(wrong.ravel(), p.ravel()) > 0.9


def test_missing_cells_are_no_errors(inpainter, dirty):
    X = dirty[0].head(3).copy()
    X.iloc[1, 2] = None
    p = inpainter.error_proba(X)
    assert np.isnan(p).tolist() == [[False] * 3, [False, False, True], [False] * 3]


def test_a_row_is_judged_by_the_model_that_did_not_learn_from_it(inpainter, dirty):
    model = inpainter.model_
    codes = inpainter._codec.encode(dirty[0])[0]
    folds = folds_by_content(codes, 2, model.seed)
    assert len(model.models) == len(inpainter.nets_) == 2
    together = model.log_conditionals(codes)
    for k, part in enumerate(model.models):
        alone = part.log_conditionals(codes[folds == k])
        for ours, theirs in zip(together, alone, strict=True):
            np.testing.assert_array_equal(ours[folds == k], theirs)
    other = model.models[1].log_conditionals(codes[folds == 0])
    assert not np.array_equal(together[0][folds == 0], other[0])


def test_a_repeated_error_is_no_evidence_for_itself():
    # All copies of a row are in one fold: its model saw none of them.
    X, _ = towns(300)
    wrong = pd.DataFrame([["Bern", "NO", "CHF"]] * 8, columns=X.columns, dtype=object)
    X = pd.concat([X, wrong], ignore_index=True)
    params = {"hidden_units": (32,), "n_steps": 400, "n_folds": 2}
    model = DiffusionInpainter(**params, random_state=0).fit(X)
    p = model.error_proba(X)[:, 1]
    assert p[-8:].min() > np.quantile(p[:-8], 0.95)


def test_labels_make_one_model_of_the_normal_rows(dirty):
    X, wrong = dirty
    model = DiffusionInpainter(**TINY).fit(X, wrong.any(axis=1))
    assert len(model.nets_) == 1
    assert len(DiffusionInpainter(**TINY, n_folds=3).fit(X).nets_) == 3


# Filling


@every_formulation
def test_known_cells_never_change(formulation):
    X = towns(60)[0].assign(size=np.linspace(0, 1, 60))
    mask = np.random.default_rng(0).random(X.shape) < 0.4
    model = DiffusionInpainter(**TINY, **FORMULATIONS[formulation], mask=mask).fit(X)
    out = model.transform(X)
    pd.testing.assert_frame_equal(out.where(~mask), X.where(~mask), check_exact=True)
    assert ((out != X).to_numpy() & mask).any()
    assert model.report_["p_new"].dropna().between(0, 1).all()


@every_formulation
def test_nothing_unknown_is_nothing_changed(formulation):
    X = towns(40)[0]
    mask = np.zeros(X.shape, bool)
    model = DiffusionInpainter(**TINY, **FORMULATIONS[formulation], mask=mask).fit(X)
    assert model.transform(X).equals(X)
    assert model.report_.empty
    assert model.propose(X).empty


@every_formulation
def test_every_missing_cell_is_filled(formulation):
    X = towns(60)[0]
    X.iloc[::4, 1] = None
    params = {**TINY, **FORMULATIONS[formulation]}
    model = DiffusionInpainter(**params).fit(X)
    out = model.transform(X)
    assert out["land"].isin(LANDS).all()
    assert len(model.report_) == 15
    assert model.row_report_["n_filled"].sum() == 15
    assert model.row_report_["n_edits"].sum() == 0


@every_formulation
def test_the_same_seed_gives_the_same_filling(formulation):
    X = towns(60)[0]
    X.iloc[::2, 1] = None
    params = {**TINY, **FORMULATIONS[formulation], "fill": "draw"}
    first, second = (DiffusionInpainter(**params).fit(X) for _ in range(2))
    out = first.transform(X)
    assert second.transform(X).equals(out)
    assert first.transform(X).equals(out)
    other = clone(first).set_params(random_state=1).fit(X)
    assert not other.transform(X).equals(out)


@pytest.mark.parametrize("kind", ["array", "callable", "list"])
def test_a_mask_says_which_cells_are_unknown(kind, clean_model):
    X, wrong = towns(200, share=0.05, seed=5)
    mask = {"array": wrong, "list": wrong.tolist(), "callable": lambda table: wrong}
    out = _with(clean_model, mask=mask[kind]).transform(X)
    unsure = wrong.sum(axis=1) > 1  # too little is left of these
    right = (out == towns(200, seed=5)[0]).to_numpy()
    assert right[~unsure].mean() > 0.99


def test_a_callable_mask_sees_the_table(clean_model):
    def roman(table):
        assert isinstance(table, pd.DataFrame)
        return np.tile((table["city"] == "Rome").to_numpy()[:, None], 3) & [0, 1, 0] > 0

    X = towns(50)[0]
    X["land"] = "NO"
    out = _with(clean_model, mask=roman).transform(X)
    rome = X["city"] == "Rome"
    assert (out.loc[rome, "land"] == "IT").all()
    assert (out.loc[~rome, "land"] == "NO").all()


@pytest.mark.parametrize(
    "mask", [np.zeros((3, 3), bool), np.zeros((40, 3)), lambda table: [True]]
)
def test_a_mask_of_another_shape_or_type_is_an_error(mask):
    X = towns(40)[0]
    model = DiffusionInpainter(**TINY, mask=mask)
    with pytest.raises(ValueError, match="one boolean for each of 40 x 3 cells"):
        model.fit(X).transform(X)


def test_most_likely_values_are_filled(clean_model):
    X = towns(100, seed=3)[0]
    gaps = X.copy()
    gaps.iloc[:, 1] = None
    out = clean_model.transform(gaps)
    assert (out == X).to_numpy().all()
    assert (clean_model.report_["p_new"] > 0.5).all()


@pytest.mark.parametrize("formulation", ["multinomial", "gaussian"])
def test_draws_vote_on_the_most_likely_value_and_one_draw_has_no_probability(
    formulation,
):
    X = towns(60)[0]
    X.loc[::3, "land"] = None
    options = {**TINY, **FORMULATIONS[formulation], "n_draws": 4}
    for fill, shares in [("most_likely", {0.25, 0.5, 0.75, 1.0}), ("draw", set())]:
        model = DiffusionInpainter(fill=fill, **options).fit(X)
        model.transform(X)
        p_new = model.report_["p_new"]
        assert len(p_new) == 20 and set(p_new.dropna()) <= shares
        assert p_new.isna().all() == (not shares)


def test_draws_follow_the_probabilities():
    X = pd.DataFrame({"a": ["x"] * 400, "b": (["u"] * 3 + ["v"]) * 100})
    params = {**TINY, "n_steps": 200, "fill": "draw"}
    model = DiffusionInpainter(**params).fit(X)
    out = model.transform(X.assign(b=None))
    assert 0.15 < (out["b"] == "v").mean() < 0.35
    most_likely = _with(model, fill="most_likely").transform(X.assign(b=None))
    assert (most_likely["b"] == "u").all()


def test_probabilities_of_unknown_cells(clean_model):
    X = towns(20, seed=1)[0]
    mask = np.zeros(X.shape, bool)
    mask[:5, 1], mask[3:6, 2] = True, True
    proba = clean_model.proba(X, mask)
    assert list(proba) == ["land", "money"]
    assert [p.shape for p in proba.values()] == [(5, 5), (3, 5)]
    for p in proba.values():
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    best = clean_model.categories_[1][proba["land"].argmax(axis=1)]
    assert best.tolist() == X["land"].head(5).tolist()
    # What is unknown is no evidence, whatever stands there.
    again = clean_model.proba(X.mask(mask, X.iloc[0], axis=1), mask)
    np.testing.assert_array_equal(again["land"], proba["land"])


@pytest.mark.parametrize("method", ["proba", "log_likelihood", "error_proba"])
def test_only_the_absorbing_model_knows_probabilities(method):
    X = towns(40)[0]
    params = {**TINY, **FORMULATIONS["multinomial"]}
    model = DiffusionInpainter(**params).fit(X)
    args = (X, np.zeros(X.shape, bool)) if method == "proba" else (X,)
    with pytest.raises(ValueError, match=f"{method} needs formulation='absorbing'"):
        getattr(model, method)(*args)


def test_right_rows_are_likelier_than_wrong_ones(clean_model):
    right, (wrong, is_wrong) = towns(200, seed=2)[0], towns(200, 0.3, seed=2)
    changed = is_wrong.any(axis=1)
    score = [clean_model.log_likelihood(X) for X in (right, wrong)]
    assert (score[0] > score[1])[changed].mean() > 0.95
    assert (score[0] == score[1])[~changed].all()


# Samples


@every_formulation
def test_samples_are_tables_like_those_of_fit(formulation):
    X = towns(60)[0].assign(size=np.linspace(0, 1, 60), n=np.arange(60) % 3)
    params = {**TINY, **FORMULATIONS[formulation]}
    model = DiffusionInpainter(**params).fit(X)
    out = model.sample(7, random_state=3)
    assert out.columns.tolist() == X.columns.tolist()
    assert len(out) == 7
    for name in X:
        assert out[name].isin(X[name]).all()
    assert out["n"].dtype == X["n"].dtype
    assert model.sample(7, random_state=3).equals(out)
    assert not model.sample(7, random_state=4).equals(out)
    as_array = clone(model).fit(X.to_numpy(object)).sample(4)
    assert isinstance(as_array, np.ndarray)
    assert as_array.shape == (4, 5)


def test_samples_keep_what_belongs_together(clean_model):
    out = clean_model.sample(300, random_state=0)
    pairs = dict(zip(TOWNS, LANDS, strict=True))
    assert (out["city"].map(pairs) == out["land"]).mean() > 0.5  # by chance 0.2
    assert set(out["city"]) == set(TOWNS)


# Constraints, many values, numbers


def _not_italian(table):
    return table["land"] != "IT"


def test_a_constraint_chooses_the_next_best_value(clean_model):
    X = pd.DataFrame([["Rome", None, "EUR"]], columns=["city", "land", "money"])
    model = clean_model
    free = _with(model)
    assert free.transform(X).loc[0, "land"] == "IT"
    bound = _with(model, constraints=[_not_italian], n_draws=64)
    out = bound.transform(X)
    assert out.loc[0, "land"] in set(LANDS) - {"IT"}
    assert bound.row_report_.loc[0, "status"] == "repaired"
    p_new = bound.report_["p_new"].to_numpy()
    assert np.isnan(p_new).all() or p_new[0] < free.report_["p_new"][0]


def test_under_a_constraint_equal_rows_are_filled_each_as_if_it_came_alone(clean_model):
    X = pd.DataFrame([["Rome", None, "EUR"]] * 8, columns=["city", "land", "money"])
    model = _with(clean_model, constraints=[_not_italian], n_draws=16)
    alone = [model.transform(X.iloc[[i]]) for i in range(8)]
    pd.testing.assert_frame_equal(model.transform(X), pd.concat(alone))


def test_ten_thousand_values_in_a_column():
    key = np.arange(10_000)
    X = pd.DataFrame({"id": [f"k{i}" for i in key], "parity": key % 2})
    X["twin"] = X["parity"]
    model = DiffusionInpainter(**TINY).fit(X)
    gaps = X.head(30).assign(id=None)
    assert model.transform(gaps)["id"].isin(X["id"]).all()
    mask = np.tile([True, False, False], (30, 1))
    assert model.proba(X.head(30), mask)["id"].shape == (30, 10_000)


def test_a_changed_number_is_one_of_the_training_rows():
    rng = np.random.default_rng(0)
    kind = rng.integers(3, size=400)
    X = pd.DataFrame({"kind": kind.astype(str), "size": 10.0 * kind + rng.random(400)})
    X["weight"] = 100.0 * kind + rng.random(400)
    mask = rng.random(X.shape) < [0.0, 0.2, 0.2]
    params = {**TINY, "n_steps": 200, "n_bins": 6}
    out = DiffusionInpainter(**params, mask=mask).fit(X).transform(X)
    for name in ("size", "weight"):
        unknown = mask[:, X.columns.get_loc(name)]
        assert out.loc[~unknown, name].tolist() == X.loc[~unknown, name].tolist()
        assert out.loc[unknown, name].isin(X[name]).all()
    near = (out["size"] // 10 == kind)[~mask[:, 2]]
    assert near.mean() > 0.95


def test_candidates_come_with_their_share(clean_model):
    X = pd.DataFrame([["Rome", None, None]], columns=["city", "land", "money"])
    table = _with(clean_model, n_draws=50).propose(X, n_candidates=3)
    best = table[table["rank"] == 0].set_index("column")
    assert best["new"].to_dict() == {"land": "IT", "money": "EUR"}
    assert best["n_edits"].eq(0).all()
    assert table["p_candidate"].is_monotonic_decreasing
