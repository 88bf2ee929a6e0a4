"""Wrong cells found and repaired by what is counted from the table."""

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from skanomaly.correctors import DiffusionInpainter, NoisyChannelCorrector
from skanomaly.datasets import inject_cell_errors
from tests.contract.check_corrector import towns


@pytest.fixture(scope="module")
def dirty():
    return towns(1000, share=0.02)


@pytest.fixture(scope="module")
def corrector(dirty):
    return NoisyChannelCorrector(random_state=0).fit(dirty[0])


def _with(model, **params):
    """The fitted corrector with other settings of `transform`."""
    return copy.deepcopy(model).set_params(**params)


def test_wrong_cells_are_told_from_right_ones(corrector, dirty):
    X, wrong = dirty
    p = corrector.error_proba(X)
    assert p.shape == X.shape
    assert ((p >= 0) & (p <= 1)).all()
    assert roc_auc_score(wrong.ravel(), p.ravel()) > 0.97


def test_wrong_cells_are_repaired_and_right_ones_stay(corrector, dirty):
    X, wrong = dirty
    out = corrector.transform(X)
    changed = (out != X).to_numpy()
    right = (out == towns(1000)[0]).to_numpy()
    assert (changed & wrong).sum() > 0.5 * wrong.sum()
    assert (right & changed).sum() > 0.95 * changed.sum()
    report = corrector.report_[corrector.report_["status"] == "repaired"]
    assert (report["p_new"] >= 0.8).all()
    assert (report["p_error"] >= report["p_new"] - 1e-9).all()
    assert (report["reason"] != "").all()


def test_a_smaller_alpha_changes_less(corrector, dirty):
    outs = [_with(corrector, alpha=a).transform(dirty[0]) for a in (0.001, 0.2, 0.7)]
    counts = [(out != dirty[0]).to_numpy().sum() for out in outs]
    assert counts[0] <= counts[1] <= counts[2]
    assert counts[0] < counts[2]


def test_suspicious_cells_without_a_sure_value_are_flagged(corrector, dirty):
    X, _ = dirty
    strict = _with(corrector, alpha=0.001)
    strict.transform(X)
    flagged = strict.report_["status"] == "flagged"
    assert flagged.any()
    assert strict.report_.loc[flagged, "p_error"].ge(0.5).all()
    status = strict.row_report_["status"]
    assert (status == "abstained").any()
    suspicious = (strict.error_proba(X) > 0.5).any(axis=1)
    assert (status[suspicious] != "untouched").all()


@pytest.mark.parametrize("fill", [True, False, "auto"])
def test_missing_cells_are_filled_only_if_that_is_asked_for(fill, corrector):
    X = towns(50, seed=4)[0]
    gaps = X.copy()
    gaps.loc[:9, "land"] = None
    model = _with(corrector, fill=fill)
    out = model.transform(gaps)
    assert np.isnan(model.error_proba(gaps)[:10, 1]).all()
    if fill is True:
        assert out.equals(X)
    else:
        assert out["land"].isna().sum() == 10


def test_numbers_are_evidence_and_not_judged():
    X, wrong = towns(500, share=0.03)
    X["size"] = np.where(wrong[:, 0], 1e6, np.linspace(0, 1, 500))
    corrector = NoisyChannelCorrector(random_state=0).fit(X)
    assert (corrector.error_proba(X)[:, 3] == 0).all()
    assert corrector.transform(X)["size"].equals(X["size"])


def test_whole_numbers_of_few_values_are_judged_only_where_others_determine_them():
    X, _ = towns(1000, share=0.02)
    rng = np.random.default_rng(0)
    X["floor"] = np.where(rng.random(1000) < 0.01, 7, rng.integers(1, 4, 1000))
    corrector = NoisyChannelCorrector(random_state=0).fit(X)
    assert (corrector.error_proba(X)[:, 3] < 0.5).all()  # ordered, not called wrong
    assert corrector.transform(X)["floor"].equals(X["floor"])


def test_columns_of_very_many_values_are_left_out_and_said_to_be():
    X = towns(2000, share=0.02)[0].assign(id=[f"k{i}" for i in range(2000)])
    corrector = NoisyChannelCorrector(random_state=0).fit(X)
    status = corrector.column_report_.set_index("column")["status"]
    assert status["id"] == "not judged: 2,000 values"
    assert status["city"] == "judged"
    assert (corrector.error_proba(X)[:, 3] == 0).all()


def test_more_copies_of_the_rows_do_not_make_repairs_worse():
    X, wrong = towns(3000, share=0.02)
    many = pd.concat([X] * 5, ignore_index=True)
    for table, mask in ((X, wrong), (many, np.tile(wrong, (5, 1)))):
        out = NoisyChannelCorrector(random_state=0).fit_transform(table)
        changed = (out != table).to_numpy()
        assert changed[mask].mean() > 0.8
        assert changed[~mask].sum() < 0.02 * changed.sum()


def test_the_further_model_has_its_say():
    X, wrong = towns(300, share=0.05)
    inpainter = DiffusionInpainter(hidden_units=(16,), n_steps=50, n_folds=2)
    model = NoisyChannelCorrector(inpainter=inpainter, random_state=0).fit(X)
    assert len(model.inpainter_.nets_) == 2
    assert not hasattr(inpainter, "nets_")
    alone = NoisyChannelCorrector(random_state=0).fit(X)
    assert not np.array_equal(model.error_proba(X), alone.error_proba(X))
    assert roc_auc_score(wrong.ravel(), model.error_proba(X).ravel()) > 0.9


def test_several_changes_of_a_row_agree_with_each_other():
    # A product has one price: where they disagree either may be wrong, but not both.
    rng = np.random.default_rng(0)
    product, city = rng.integers(9, size=1500), rng.integers(8, size=1500)
    right = pd.DataFrame(
        {"product": product, "kind": product // 3, "price": product, "city": city}
    )
    right = right.assign(land=city // 2).astype(str)
    dirty, _ = inject_cell_errors("v" + right, rate=0.03, random_state=0)
    model = NoisyChannelCorrector(alpha=0.5, random_state=0).fit(dirty)
    repaired = model.transform(dirty)
    changed = (repaired != dirty).to_numpy()
    several = changed.sum(axis=1) > 1
    assert several.any()
    assert model.error_proba(repaired)[several][changed[several]].max() <= 0.5


def test_progress_is_shown_when_asked_for(capsys):
    X = towns(300, share=0.02)[0]
    NoisyChannelCorrector(random_state=0).fit_transform(X)
    assert capsys.readouterr().err == ""
    NoisyChannelCorrector(random_state=0, verbose=1).fit_transform(X)
    assert "cells" in capsys.readouterr().err
