"""What every corrector promises, tested on the smallest one."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.contract.mode_corrector import ModeCorrector

X = pd.DataFrame(
    {
        "a": ["x", "x", "y", "x", "y"],
        "b": [1, 1, 2, 2, 1],
        "c": pd.Categorical(["u", "u", None, "v", "u"]),
    },
    index=[10, 11, 12, 13, 14],
)


@pytest.mark.filterwarnings("ignore:ModeCorrector ignores y")
@parametrize_with_checks([ModeCorrector(random_state=0)])
def test_scikit_learn_accepts_the_base(estimator, check):
    check(estimator)


def test_type_columns_dtypes_and_index_stay():
    out = ModeCorrector().fit_transform(X)
    assert out.index.equals(X.index)
    assert out.columns.equals(X.columns)
    assert (out.dtypes == X.dtypes).all()
    assert out["a"].tolist() == ["x"] * 5
    assert out["b"].tolist() == X["b"].tolist()


def test_x_itself_is_not_changed():
    before = X.copy(deep=True)
    ModeCorrector().fit_transform(X)
    pd.testing.assert_frame_equal(X, before)


def test_the_report_has_one_row_for_each_changed_cell():
    corrector = ModeCorrector().fit(X)
    corrector.transform(X)
    report = corrector.report_
    cells = list(zip(report["row"], report["column"], report["new"], strict=True))
    assert cells == [(12, "a", "x"), (12, "c", "u"), (14, "a", "x")]
    rows = corrector.row_report_
    assert rows.index.equals(X.index)
    assert rows["n_edits"].tolist() == [0, 0, 1, 0, 1]
    assert rows["n_filled"].tolist() == [0, 0, 1, 0, 0]


def test_there_is_no_report_before_transform():
    corrector = ModeCorrector().fit(X)
    with pytest.raises(AttributeError, match="transform writes it"):
        corrector.report_  # noqa: B018
    assert not hasattr(corrector, "row_report_")


def test_inverse_transform_undoes():
    corrector = ModeCorrector().fit(X)
    pd.testing.assert_frame_equal(
        corrector.inverse_transform(corrector.transform(X)), X
    )


def test_inverse_transform_refuses_another_table():
    corrector = ModeCorrector().fit(X)
    with pytest.raises(ValueError, match="call transform first"):
        corrector.inverse_transform(X)
    corrector.transform(X)
    with pytest.raises(ValueError, match="not the table"):
        corrector.inverse_transform(X)


def test_a_refit_leaves_nothing_to_undo():
    corrector = ModeCorrector().fit(X)
    out = corrector.transform(X)
    corrector.fit(X)
    with pytest.raises(ValueError, match="call transform first"):
        corrector.inverse_transform(out)
    assert not hasattr(corrector, "report_")


@pytest.mark.parametrize("immutable", [["a"], [0], [True, False, False], [-3]])
def test_an_immutable_column_never_changes(immutable):
    corrector = ModeCorrector(immutable=immutable).fit(X)
    assert corrector.transform(X)["a"].tolist() == X["a"].tolist()


def test_constraints_hold_on_every_changed_row():
    # Row 12 would become (x, 2): forbidden; row 14 becomes (x, 1): fine.
    rule = lambda table: ~((table["a"] == "x") & (table["b"] == 2))  # noqa: E731
    corrector = ModeCorrector(constraints=[rule]).fit(X)
    out = corrector.transform(X)
    assert out["a"].tolist() == ["x", "x", "y", "x", "x"]
    assert corrector.row_report_.loc[12, ["status", "reason"]].tolist() == [
        "failed",
        "constraints",
    ]


def test_several_constraints_hold_together():
    # Each forbids one of the two repairs and allows the other.
    rules = [lambda table: table["b"] != 2, lambda table: table["b"] != 1]
    corrector = ModeCorrector(constraints=rules).fit(X)
    assert corrector.transform(X)["a"].tolist() == X["a"].tolist()
    assert corrector.row_report_.loc[[12, 14], "status"].eq("failed").all()


class HeedlessCorrector(ModeCorrector):
    """Repairs without looking at what is locked or how much may change."""

    def _repair(self, rows):
        repair = super()._repair(rows)
        repair.codes = np.tile(self.modes_, (len(rows), 1))
        return repair


def test_locked_cells_are_guarded_against_the_method_itself():
    corrector = HeedlessCorrector(immutable=["b"]).fit(X)
    out = corrector.transform(X)
    assert out["b"].tolist() == X["b"].tolist()
    # Rows 12 and 13 would have changed in b; row 14 changes in a alone.
    assert corrector.row_report_["status"].tolist()[2:4] == ["failed"] * 2
    assert out.loc[14, "a"] == "x"


def test_the_number_of_edits_is_guarded_against_the_method_itself():
    table = X.assign(c=pd.Categorical(["u", "u", "v", "v", "u"]))
    corrector = HeedlessCorrector(max_edits=1).fit(table)
    out = corrector.transform(table)
    assert ((out != table).sum(axis=1) <= 1).all()
    report = corrector.row_report_.loc[12]
    assert [report["status"], report["reason"]] == ["abstained", "max_edits"]


def test_a_constraint_must_answer_for_each_row():
    corrector = ModeCorrector(constraints=[lambda table: True]).fit(X)
    with pytest.raises(ValueError, match="one boolean for each of 2 rows"):
        corrector.transform(X)


def test_unknown_values_are_an_error_kept_or_repaired():
    new = X.assign(a=["x", "new", "y", "x", "y"])
    with pytest.raises(ValueError, match="Column 'a' holds 'new'"):
        ModeCorrector().fit(X).transform(new)
    kept = ModeCorrector(handle_unknown="keep").fit(X).transform(new)
    assert kept["a"].tolist() == ["x", "new", "x", "x", "x"]
    repaired = ModeCorrector(handle_unknown="repair").fit(X).transform(new)
    assert repaired["a"].tolist() == ["x"] * 5


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (X[["a", "b"]], "Feature names"),
        (X[["b", "a", "c"]], "same order"),
        (X.iloc[:0], "0 sample"),
        (X.assign(d=1), "Feature names"),
    ],
)
def test_a_table_of_other_columns_is_refused(table, message):
    with pytest.raises(ValueError, match=message):
        ModeCorrector().fit(X).transform(table)


def test_everything_immutable_is_an_error():
    with pytest.raises(ValueError, match="Every column is immutable"):
        ModeCorrector(immutable=["a", "b", "c"]).fit(X)


def test_an_unknown_immutable_column_is_an_error():
    with pytest.raises(ValueError, match="immutable names 'z'"):
        ModeCorrector(immutable=["z"]).fit(X)


def test_all_rows_anomalous_is_an_error():
    with pytest.raises(ValueError, match="All 5 rows are labelled as anomalies"):
        ModeCorrector().fit(X, np.ones(5))


@pytest.mark.parametrize(
    "y", [[0, 0, 1, 0, 1], [1, 1, -1, 1, -1], [False] * 4 + [True]]
)
def test_both_codings_of_labels(y):
    corrector = ModeCorrector().fit(X, y)
    assert corrector.modes_[1] == (0 if len(set(y)) else None)


@pytest.mark.parametrize(
    "y", [[1, 1, 0, 0, 1], [-1, -1, 1, 1, -1], [True, True, False, False, True]]
)
def test_nothing_is_learned_from_anomalies_in_either_coding(y):
    corrector = ModeCorrector().fit(X, y)
    assert corrector.modes_[1] == 1  # of all rows it would be 0


def test_another_target_is_ignored_with_a_warning():
    with pytest.warns(UserWarning, match=r"ignores y.*\[3, 4\]"):
        ModeCorrector().fit(X, [3, 4, 3, 4, 3])


def test_a_target_of_a_later_step_is_ignored_on_request():
    corrector = ModeCorrector(ignore_y=True).fit(X, [1, 1, 0, 0, 0])
    assert corrector.modes_[1] == 0  # of all rows


def test_replacing_a_value_never_seen_is_an_edit():
    new = X.assign(a=["x"] * 5, b=[1, 1, 7, 2, 1])
    corrector = ModeCorrector(handle_unknown="repair").fit(X)
    assert corrector.transform(new)["b"].tolist() == [1, 1, 1, 2, 1]
    assert corrector.row_report_.loc[12, ["n_edits", "n_filled"]].tolist() == [1, 1]
    strict = ModeCorrector(handle_unknown="repair", max_edits=1).fit(X)
    both = new.assign(a=["x", "x", "q", "x", "x"])
    assert strict.transform(both)["b"].tolist() == [1, 1, 7, 2, 1]
    assert strict.row_report_.loc[12, "status"] == "abstained"


def test_infinity_is_refused_in_transform_too():
    table = pd.DataFrame({"x": np.linspace(0, 1, 50)})
    with pytest.raises(ValueError, match="'x' holds infinity"):
        ModeCorrector().fit(table).transform(table.assign(x=np.inf))


def test_a_failed_fit_keeps_the_earlier_one():
    corrector = ModeCorrector().fit(X)
    before = corrector.transform(X)
    with pytest.raises(ValueError, match="no value"):
        corrector.fit(X.assign(a=None))
    pd.testing.assert_frame_equal(corrector.transform(X), before)


def test_pickle_and_clone():
    corrector = ModeCorrector(immutable=["b"]).fit(X)
    again = pickle.loads(pickle.dumps(corrector))
    pd.testing.assert_frame_equal(again.transform(X), corrector.transform(X))
    assert clone(corrector).get_params() == corrector.get_params()


def test_in_a_pipeline():
    encoder = OneHotEncoder(handle_unknown="ignore")
    pipe = make_pipeline(ModeCorrector(), encoder, LogisticRegression())
    assert pipe.fit(X, [0, 0, 1, 0, 0]).predict(X).shape == (5,)


def test_set_output_and_feature_names():
    corrector = ModeCorrector().set_output(transform="pandas").fit(X)
    assert corrector.get_feature_names_out().tolist() == ["a", "b", "c"]
    out = ModeCorrector().set_output(transform="pandas").fit_transform(X.to_numpy())
    assert isinstance(out, pd.DataFrame)


def test_polars_comes_back_as_polars():
    pl = pytest.importorskip("polars")
    table = pl.DataFrame({"a": ["x", "x", "y"], "b": [1, 1, 2]})
    corrector = ModeCorrector().fit(table)
    out = corrector.transform(table)
    assert isinstance(out, pl.DataFrame)
    assert out["a"].to_list() == ["x", "x", "x"]
    assert corrector.inverse_transform(out).equals(table)


def test_proposals_are_tidy():
    table = ModeCorrector().fit(X).propose(X)
    assert table[["row", "rank", "column", "new"]].to_numpy().tolist() == [
        [12, 0, "a", "x"],
        [12, 0, "c", "u"],
        [14, 0, "a", "x"],
    ]
    with pytest.raises(ValueError, match="n_candidates"):
        ModeCorrector().fit(X).propose(X, n_candidates=0)
