import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skanomaly.displays import RepairDisplay
from skanomaly.metrics import expected_calibration_error

matplotlib.use("Agg")
import matplotlib.pyplot as plt

KINDS = ["cells", "scores", "calibration"]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def clean():
    rng = np.random.default_rng(0)
    columns = [f"column {j}" for j in range(12)]
    values = rng.choice(["red", "green", "blue"], size=(60, 12))
    return pd.DataFrame(values, columns=columns, index=[f"r{i}" for i in range(60)])


class Lowerer(TransformerMixin, BaseEstimator):
    """A corrector that turns shouted cells to lower case."""

    threshold = 0.4

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        frame = pd.DataFrame(X)
        i, j = np.nonzero(frame.map(str.isupper).to_numpy())
        old = frame.to_numpy(dtype=object)[i, j]
        self.report_ = pd.DataFrame(
            {
                "row": frame.index[i],
                "column": frame.columns[j],
                "old": old,
                "new": [value.lower() for value in old],
                "p_new": np.linspace(0.2, 1, len(i)),
                "p_error": 1.0,
                "p_anomaly_before": 0.5 + 0.5 * np.cos(i) ** 2,
                "p_anomaly_after": 0.1,
                "status": "repaired",
            }
        )
        return frame.map(str.lower)


@pytest.fixture
def dirty(clean):
    """Cells (0, 1), (0, 3), (2, 3) and, further down, the first column."""
    X = clean.copy()
    X.iloc[0, [1, 3]] = X.iloc[0, [1, 3]].str.upper()
    X.iloc[2, 3] = "GREY"
    X.iloc[20:50, 0] = X.iloc[20:50, 0].str.upper()
    return X


def labels(ticks):
    return [tick.get_text() for tick in ticks]


def test_the_map_shows_rows_and_columns_with_changes_in_their_order(dirty):
    display = RepairDisplay.from_estimator(Lowerer(), dirty, max_rows=3, max_columns=4)
    assert labels(display.ax_.get_yticklabels()) == ["r0", "r2", "r20"]
    shown = labels(display.ax_.get_xticklabels())
    assert shown == ["column 0", "column 1", "column 2", "column 3"]
    p_new = display.image_.get_array()
    changed = [[0, 1, 0, 1], [0, 0, 0, 1], [1, 0, 0, 0]]
    assert (~np.ma.getmaskarray(p_new)).tolist() == np.array(changed, bool).tolist()
    assert p_new.compressed()[:3].tolist() == display.report["p_new"][:3].tolist()
    assert display.ax_.get_ylabel() == "3 of 32 rows with changes"
    assert display.ax_.get_xlabel() == ""  # no column with changes is left out
    assert display.ax_.get_title() == "Lowerer"


def test_cells_tell_old_and_new_value_and_those_beside_them_their_value(dirty):
    display = RepairDisplay.from_estimator(Lowerer(), dirty, max_rows=2, max_columns=4)
    texts = {tuple(t.get_position()): t.get_text() for t in display.ax_.texts}
    assert texts[3, 1] == f"GREY\n→ grey ({display.report['p_new'][2]:.2f})"
    assert texts[0, 1] == dirty.iloc[1 + 1, 0]
    assert len(texts) == 8


def test_long_values_are_cut_where_they_do_not_differ():
    report = pd.DataFrame(
        {
            "row": [0], "column": ["a"], "old": ["university of the south xest"],
            "new": ["university of the south west"], "p_new": [np.nan],
            "p_anomaly_before": [0.5], "p_anomaly_after": [0.5],
        }
    )  # fmt: skip
    (text,) = RepairDisplay.from_predictions(report).ax_.texts
    assert "xest" in text.get_text() and "west" in text.get_text()
    assert len(text.get_text()) < 30 and "university" not in text.get_text()


def test_every_row_that_is_drawn_has_a_change_however_few_columns_fit(dirty):
    display = RepairDisplay.from_estimator(Lowerer(), dirty, max_rows=9, max_columns=1)
    assert not np.ma.getmaskarray(display.image_.get_array()).any()
    assert display.image_.get_array().shape == (9, 1)
    assert display.ax_.get_xlabel() == "1 of 3 columns with changes"


def test_by_default_a_figure_is_as_wide_as_a_page_and_its_texts_fit(dirty):
    X = dirty.map(lambda value: value + " and a Long Remark")
    X.iloc[:30, :7] = X.iloc[:30, :7].map(str.upper)
    display = RepairDisplay.from_estimator(Lowerer(), X)
    assert display.image_.get_array().shape == (8, 5)
    assert display.figure_.get_figwidth() <= 9
    display.figure_.canvas.draw()
    widths = [text.get_window_extent().width for text in display.ax_.texts]
    assert max(widths) < display.ax_.bbox.width / 5


def test_scores_before_and_after_are_those_of_the_rows_in_order(dirty):
    display = RepairDisplay.from_estimator(Lowerer(), dirty, kind="scores")
    before, after = (points.get_ydata() for points in display.points_)
    rows = display.report.drop_duplicates("row")
    np.testing.assert_array_equal(before, np.sort(rows["p_anomaly_before"]))
    assert len(before) == 32 and (after == 0.1).all()
    assert "threshold 0.4" in labels(display.legend_.get_texts())


def test_the_curve_is_the_share_of_right_changes_by_probability(dirty, clean):
    display = RepairDisplay.from_estimator(
        Lowerer(), dirty, clean, kind="calibration", n_bins=4
    )
    assert display.correct.sum() == 32 and not display.correct[2]  # grey is wrong
    p_new = display.report["p_new"].to_numpy()
    (curve,) = display.points_
    for k, (mean, share) in enumerate(curve.get_xydata()):
        inside = (p_new > k / 4) & (p_new <= (k + 1) / 4)
        assert mean == pytest.approx(p_new[inside].mean())
        assert share == pytest.approx(display.correct[inside].mean())
    error = expected_calibration_error(display.correct, p_new, n_bins=4)
    title = display.legend_.get_title().get_text()
    assert title == f"ECE {error:.3f}, 33 changes, 97.0% right"


def test_changes_without_a_probability_are_left_out_of_the_curve(dirty, clean):
    report = Lowerer()
    report.transform(dirty)
    report = report.report_
    report.loc[3:, "p_new"] = np.nan
    display = RepairDisplay.from_predictions(report, X_clean=clean, kind="calibration")
    assert "3 changes, 66.7% right" in display.legend_.get_title().get_text()
    report["p_new"] = np.nan
    display = RepairDisplay.from_predictions(report, X_clean=clean, kind="calibration")
    assert display.points_ == []


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_a_pipeline_are_those_that_reach_the_corrector(dirty, clean, kind):
    doubled = FunctionTransformer(lambda X: X.map(lambda value: value * 2))
    pipeline = make_pipeline(doubled, Lowerer()).fit(dirty)
    display = RepairDisplay.from_estimator(pipeline, dirty, clean, kind=kind)
    assert display.correct.sum() == 32
    assert display.X.iloc[2, 3] == "GREYGREY"
    assert display.ax_.get_title() == "Lowerer"
    assert display.note == "values after FunctionTransformer"
    assert (display.note in display.ax_.get_xlabel()) == (kind == "cells")


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_have_numbers_for_labels(dirty, clean, kind):
    display = RepairDisplay.from_estimator(
        Lowerer(), dirty.to_numpy(), clean.to_numpy(), kind=kind, max_columns=2
    )
    assert display.correct.sum() == 32
    if kind == "cells":
        assert labels(display.ax_.get_xticklabels()) == ["0", "3"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_that_needs_no_repair_can_be_drawn(clean, kind):
    display = RepairDisplay.from_estimator(Lowerer(), clean, clean, kind=kind)
    display.figure_.canvas.draw()
    assert "No c" in display.ax_.texts[0].get_text()


@pytest.mark.parametrize("kind", KINDS)
def test_the_axes_and_keywords_of_the_user_are_used(dirty, clean, kind):
    figure, ax = plt.subplots()
    options = {"cmap": "Reds"} if kind == "cells" else {"markersize": 9}
    display = RepairDisplay.from_estimator(
        Lowerer(), dirty, clean, kind=kind, name="Mine", ax=ax, **options
    )
    assert (display.ax_, display.figure_) == (ax, figure)
    assert ax.get_title() == "Mine"
    if kind == "cells":
        assert display.image_.get_cmap().name == "Reds"
    else:
        assert display.points_[0].get_markersize() == 9
    assert display.plot(kind="cells") is display
    assert display.ax_ is not ax


def test_what_is_wrong_is_named(dirty, clean):
    corrector = Lowerer()
    corrector.transform(dirty)
    report = corrector.report_
    draw = RepairDisplay.from_predictions
    with pytest.raises(ValueError, match=r"kind='rows'.*cells, scores, calibration"):
        draw(report, kind="rows")
    with pytest.raises(ValueError, match="needs X_clean"):
        draw(report, kind="calibration")
    with pytest.raises(ValueError, match="no column 'p_new'"):
        draw(report.drop(columns="p_new"))
    with pytest.raises(TypeError, match="type dict"):
        draw({"row": [1]})
    with pytest.raises(ValueError, match="X_clean has no row 'r0'"):
        draw(report, X_clean=clean[1:])
    with pytest.raises(ValueError, match="X_clean has no column 'column 3'"):
        draw(report, X_clean=clean.drop(columns="column 3"))
    with pytest.raises(ValueError, match="labels that occur twice"):
        draw(report, X_clean=pd.concat([clean, clean]))
    with pytest.raises(ValueError, match="the corrector judges no rows"):
        draw(report.assign(p_anomaly_before=np.nan), kind="scores")
    with pytest.raises(TypeError, match="has no report_"):
        RepairDisplay.from_estimator(FunctionTransformer(), dirty)
