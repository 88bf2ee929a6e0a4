"""Equal tables in other dtypes are equal; another kind of column is an error."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from skanomaly.correctors import AnomalyCorrector, DiffusionInpainter
from skanomaly.correctors._table.codec import MISSING, TableCodec, to_frame
from skanomaly.correctors._table.values import family_of
from tests.contract.mode_corrector import ModeCorrector

N_ROWS = 120
POSITIONS = np.random.default_rng(0).integers(0, 9, N_ROWS)
DAYS = pd.Timestamp("2020-01-01") + pd.to_timedelta(POSITIONS * 30, unit="D")
MANY = np.random.default_rng(1).integers(18, 80, N_ROWS)
TENTHS = (POSITIONS + 1) / 10.0
WORDS = np.array(["red", "green", "blue"] * 3, dtype=object)[POSITIONS]
FLAGS = POSITIONS % 2 == 0
SPANS = pd.to_timedelta(POSITIONS * 6, unit="h")


def objects(values):
    values = list(values)
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = value
    return pd.Series(array, dtype=object)


def typed(values, dtype):
    return pd.Series(values).astype(dtype)


DATES = {
    **{unit: typed(DAYS, f"datetime64[{unit}]") for unit in ("s", "ms", "us", "ns")},
    "period": pd.Series(pd.PeriodIndex(DAYS, freq="D")),
    "Timestamp": objects(DAYS),
    "datetime": objects(DAYS.to_pydatetime()),
    "date": objects(d.date() for d in DAYS),
    "np.datetime64": objects(d.to_datetime64() for d in DAYS),
    "category": pd.Series(DAYS).astype("category"),
    "text": objects(str(d.date()) for d in DAYS),
    "time as text": objects(f"{d.isoformat()}.000" for d in DAYS),
}
UTC = DAYS.tz_localize("UTC")
ZONED = {
    **{f"UTC, {unit}": pd.Series(UTC.as_unit(unit)) for unit in ("s", "us", "ns")},
    "Rome": pd.Series(UTC.tz_convert("Europe/Rome")),
    "Timestamp": objects(UTC.tz_convert("Asia/Tokyo")),
    "datetime": objects(UTC.to_pydatetime()),
    "category": pd.Series(UTC).astype("category"),
    "text": objects(d.isoformat() for d in UTC.tz_convert("Europe/Rome")),
}
DURATIONS = {
    **{unit: typed(SPANS, f"timedelta64[{unit}]") for unit in ("s", "ms", "us", "ns")},
    "Timedelta": objects(SPANS),
    "timedelta": objects(SPANS.to_pytimedelta()),
    "np.timedelta64": objects(s.to_timedelta64() for s in SPANS),
    "category": pd.Series(SPANS).astype("category"),
}
FLOATS = {
    **{
        d: typed(TENTHS, d)
        for d in ("float16", "float32", "float64", "Float32", "Float64")
    },
    "text": objects(map(str, TENTHS)),
    "str": typed([str(x) for x in TENTHS], "str"),
    "objects": objects(TENTHS),
    "numpy objects": objects(TENTHS.astype(np.float32)),
    "Decimal": objects(Decimal(str(x)) for x in TENTHS),
    "category": typed(TENTHS, "category"),
    "category of text": typed([f"{x:.2f}" for x in TENTHS], "category"),
    "category of float32": pd.Series(TENTHS.astype(np.float32)).astype("category"),
    "sparse": typed(TENTHS, pd.SparseDtype(float, 0.1)),
}


def whole(numbers):
    return {
        **{
            dtype: typed(numbers, dtype)
            for dtype in (
                "int8", "int16", "int64", "uint8", "uint64", "Int8", "Int64", "UInt16",
                "float16", "float32", "float64", "Float64", "category",
            )
        },
        "text": objects(map(str, numbers)),
        "string": typed(numbers.astype(str), "string"),
        "decimal text": objects(f"{x}.0" for x in numbers),
        "padded text": objects(f" {x} " for x in numbers),
        "category of text": typed(numbers.astype(str), "category"),
        "objects": objects(numbers.tolist()),
        "numpy objects": objects(numbers),
        "mixed": objects(x if i % 2 else float(x) for i, x in enumerate(numbers)),
        "mixed with text": objects(
            x if i % 2 else str(x) for i, x in enumerate(numbers)
        ),
    }  # fmt: skip


BOOLEANS = {
    "bool": typed(FLAGS, "bool"),
    "boolean": typed(FLAGS, "boolean"),
    "objects": objects(FLAGS.tolist()),
    "numpy objects": objects(FLAGS),
    "text": objects(map(str, FLAGS)),
    "small text": objects(str(x).lower() for x in FLAGS),
    "category": typed(FLAGS, "category"),
}
TEXTS = {
    "objects": objects(WORDS),
    "str": typed(WORDS, "str"),
    "string": typed(WORDS, "string"),
    "category": typed(WORDS, "category"),
    "np.str_": objects(map(np.str_, WORDS)),
}
KINDS = {
    "date": DATES,
    "date with zone": ZONED,
    "duration": DURATIONS,
    "fractions": FLOATS,
    "few whole numbers": whole(POSITIONS),
    "many whole numbers": whole(MANY),
    "boolean": BOOLEANS,
    "text": TEXTS,
}
FORMS = [
    pytest.param(kind, form, id=f"{kind}: {form}")
    for kind, forms in KINDS.items()
    for form in forms
]


def table(column):
    return pd.DataFrame({"x": column})


def fit(X, n_bins=4, numeric=None, **params):
    frame = to_frame(X)
    numeric = [numeric] * frame.shape[1]
    return TableCodec.fit(frame, numeric=numeric, n_bins=n_bins, **params), frame


CODECS = {
    (kind, form): fit(table(column))[0]
    for kind, forms in KINDS.items()
    for form, column in forms.items()
}


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_what_fits_one_dtype_reads_all_others_alike(kind, form):
    codec = CODECS[kind, form]
    for other, column in KINDS[kind].items():
        X, same = table(column), CODECS[kind, other]
        codes, unseen = codec.encode(X)
        assert not unseen.any()
        np.testing.assert_array_equal(codes, same.encode(X)[0], other)
        np.testing.assert_array_equal(codec.numbers(X), same.numbers(X), other)
        assert codec.readings == same.readings
        assert codec.n_categories == same.n_categories


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_what_is_written_has_the_form_of_the_table(kind, form):
    codec = CODECS[kind, form]
    for other, column in KINDS[kind].items():
        X = table(column)
        before = codec.encode(X)[0]
        after = before.copy()
        after[:10] = (after[:10] + 1) % codec.n_categories[0]
        out = codec.decode(after, X, before)
        assert out.dtypes.equals(X.dtypes), other
        np.testing.assert_array_equal(codec.encode(out)[0], after, other)
        if column.dtype == object:
            assert set(map(type, out["x"])) <= set(map(type, column)), other
            assert all(a is b for a, b in zip(column[10:], out["x"][10:], strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_readings_are_named(kind):
    number = kind in ("fractions", "few whole numbers", "many whole numbers")
    assert {CODECS[kind, form].readings for form in KINDS[kind]} == {
        ("number" if number else kind,)
    }


def test_polars_frames_are_read_as_pandas_frames():
    pl = pytest.importorskip("polars")
    X = pd.DataFrame(
        {"date": DAYS, "x": TENTHS, "n": MANY, "w": WORDS, "b": FLAGS, "s": SPANS}
    )
    same = pl.DataFrame({name: X[name].tolist() for name in X})
    same = same.with_columns(
        pl.col("x").cast(pl.Float32), pl.col("n").cast(pl.Int8),
        pl.col("date").cast(pl.Date), pl.col("w").cast(pl.Categorical),
    )  # fmt: skip
    expected, read = fit(X)[0], fit(same)[0]
    for table_ in (X, to_frame(same)):
        np.testing.assert_array_equal(read.encode(table_)[0], expected.encode(X)[0])


def test_nested_lists_arrays_and_texts_are_equal():
    X = np.stack([MANY, POSITIONS], axis=1)
    codec, frame = fit(X)
    codes = codec.encode(frame)[0]
    for same in (X.tolist(), X.astype(str), X.astype(object), X.astype(np.float32)):
        np.testing.assert_array_equal(codec.encode(to_frame(same))[0], codes)
        np.testing.assert_array_equal(fit(same)[0].encode(frame)[0], codes)


@pytest.fixture(scope="module")
def towns():
    """Two columns that follow a third, and errors."""
    dirty = pd.DataFrame({"when": DAYS, "rate": TENTHS, "code": POSITIONS})
    dirty["team"] = (POSITIONS + 3) % 9
    dirty.loc[:5, "team"] = 0
    return dirty


EQUAL = {
    "narrow": {"when": "datetime64[s]", "rate": "float32", "code": "int8"},
    "nullable": {"rate": "Float64", "code": "Int64", "team": "Int64"},
    "text": {"code": "str", "rate": "str", "team": "str"},
    "category": dict.fromkeys(("when", "code", "team"), "category"),
}


@pytest.mark.filterwarnings("ignore:.*labelled anomalies look normal")
@pytest.mark.parametrize("form", EQUAL)
def test_a_corrector_decides_alike_for_equal_tables(towns, form):
    def quick():
        inpainter = DiffusionInpainter(n_steps=4, n_folds=1)
        return AnomalyCorrector(max_epochs=2, inpainter=inpainter, random_state=0)

    y = (towns["team"] == 0).astype(int)
    same = towns.astype(EQUAL[form])
    one, other = quick().fit(towns, y), quick().fit(same, y)
    one.transform(towns)
    for corrector, X in ((one, same), (other, towns), (other, same)):
        corrector.transform(X)
        pd.testing.assert_frame_equal(corrector.row_report_, one.row_report_)


OTHER_KINDS = {
    "number": [("date", DATES["us"]), ("booleans", BOOLEANS["bool"]),
               ("text", TEXTS["str"]), ("time zone", ZONED["Rome"]),
               ("complex", typed(TENTHS, complex)), ("durations", DURATIONS["ns"])],
    "date": [("numbers", typed(POSITIONS, int)), ("time zone", ZONED["Rome"]),
             ("time zone", ZONED["text"]), ("booleans", BOOLEANS["objects"])],
    "date with zone": [("dates", DATES["ns"]), ("dates", DATES["text"])],
    "duration": [("numbers", FLOATS["float64"]), ("dates", DATES["ns"])],
    "boolean": [("numbers", typed(FLAGS, int)), ("text", TEXTS["category"])],
    "text": [("numbers", FLOATS["float64"]), ("dates", DATES["date"]),
             ("booleans", BOOLEANS["bool"])],
}  # fmt: skip
SEEN = {
    "number": FLOATS["float64"], "date": DATES["ns"], "date with zone": ZONED["Rome"],
    "duration": DURATIONS["s"], "boolean": BOOLEANS["bool"], "text": TEXTS["str"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "other", "column"),
    [(kind, *other) for kind, others in OTHER_KINDS.items() for other in others],
)
def test_another_kind_of_column_is_an_error_that_names_both(kind, other, column):
    corrector = ModeCorrector().fit(table(SEEN[kind]))
    with pytest.raises(TypeError, match=f"'x' held {kind.split()[0]}.*{other}"):
        corrector.transform(table(column))
    if family_of(column[0]) != "text":  # one text may be a typing error
        with pytest.raises(TypeError, match="Convert it before"):
            corrector.transform(table(column[:1]))


def test_one_cell_that_is_no_number_is_left_alone():
    numbers = pd.DataFrame({"x": MANY.astype(str), "w": WORDS})
    corrector = ModeCorrector().fit(numbers)
    odd = numbers.copy()
    odd.loc[3, "x"] = "3x5"
    out = corrector.transform(odd)
    assert out.loc[3, "x"] == "3x5"
    assert corrector._codec.unreadable(odd)[:, 0].tolist() == [
        i == 3 for i in range(N_ROWS)
    ]
    # It may be one of the training rows.
    codec = fit(odd)[0]
    assert codec.readings[0] == "number"
    codes, unseen = codec.encode(odd)
    assert codes[3, 0] == MISSING and unseen[3, 0] and unseen.sum() == 1
    alone = corrector.transform(odd.iloc[[3]])
    assert alone.loc[3, "x"] == "3x5"


def test_numbers_may_be_repaired_where_they_are_none():
    corrector = ModeCorrector(handle_unknown="repair").fit(pd.DataFrame({"x": MANY}))
    out = corrector.transform(pd.DataFrame({"x": objects(["30", "3x5", "40"])}))
    assert out["x"].tolist()[1] != "3x5"
    assert out["x"].map(str.isdigit).all()


@pytest.mark.parametrize(
    "texts",
    [
        ["00100", "20100", "10100"] * 10,
        ["12 oz", "12", "16"] * 10,
        ["A1", "12", "16"] * 10,
        ["1,5", "2,5", "3,5"] * 10,
        ["1_000", "2_000", "3_000"] * 10,
        ["2020-02-30", "2020-01-01", "2020-01-02"] * 10,
        ["2020-01-01", "2020-01-01T00:00:00Z"] * 10,
        ["true", "false", "maybe"] * 10,
        ["1e999", "inf", "5"] * 10,
        ["01/02/2020", "03/04/2021", "05/06/2022"] * 10,  # day or month first?
        ["31/12/2020", "12/31/2020"] * 10,
        ["31.12.20", "30.11.21"] * 10,  # of which century?
    ],
)
def test_what_is_not_plainly_a_number_or_a_date_is_text(texts):
    codec = fit(pd.DataFrame({"x": texts}))[0]
    assert codec.readings == ("text",)
    assert codec.columns[0].kind == "categorical"


@pytest.mark.parametrize("form", [int, str, float])
def test_codes_are_categories_and_quantities_are_not(form):
    rng = np.random.default_rng(0)
    zips = rng.choice([10115, 80331, 20095, 69000, 75000, 20100], 300)
    ages, incomes = rng.integers(18, 80, 300), rng.integers(10, 99, 300) * 1000
    X = pd.DataFrame({"zip": zips, "age": ages, "income": incomes}).astype(form)
    assert fit(X)[0].is_numeric.tolist() == [False, True, True]


def test_numbers_of_dates_are_days():
    X = table(pd.Series(["1970-01-02", "1970-01-03 12:00", None]))
    np.testing.assert_array_equal(fit(X)[0].numbers(X)[:, 0], [1, 2.5, np.nan])


def test_noise_of_floats_moves_no_cell_into_another_bin():
    numbers = np.random.default_rng(0).integers(0, 1000, 3000) / 10
    X = pd.DataFrame({"x": numbers, "few": np.round(numbers / 20)})
    codec = fit(X, n_bins=8)[0]
    for factor in (1 + 1e-9, 1 - 1e-9):
        np.testing.assert_array_equal(codec.encode(X)[0], codec.encode(X * factor)[0])
    assert not np.isin(codec.columns[0].edges, numbers).any()


def test_true_is_not_one():
    X = table(objects([True, 1, 1.0, "1", "True", False, "x"]))
    codec = fit(X)[0]
    # A text stands for the values that a file would write so.
    codes = codec.encode(X)[0][:, 0]
    assert len(set(codes[1:4])) == 1 and codes[0] == codes[4] != codes[1]
    assert codec.n_categories == (4,)


def test_lone_surrogates_are_text():
    X = pd.DataFrame({"x": objects(["a\udc80", "b"] * 10)})
    X.index = pd.Index(["c\udc80", "d"] * 10, dtype=object)
    out = ModeCorrector().fit(X).transform(X)
    assert out["x"].tolist() == ["a\udc80"] * 20


def test_labels_of_several_types_are_labels():
    X = pd.DataFrame({"x": ["a", "b", "a"]}, index=pd.Index([(1,), "a", 3]))
    out = ModeCorrector().fit(X).transform(X)
    assert out.index.equals(X.index)


def test_sparse_columns_are_repaired():
    cells = pd.arrays.SparseArray([0, 0, 1, 0])
    X = pd.DataFrame({"x": cells, "w": list("aabb")})
    corrector = ModeCorrector().fit(X)
    out = corrector.transform(X)
    assert out["x"].tolist() == [0] * 4 and out.dtypes.equals(X.dtypes)
    pd.testing.assert_frame_equal(corrector.inverse_transform(out), X)


@pytest.mark.parametrize("cell", [[1], {"a": 1}, {1}])
def test_lists_and_dicts_are_refused_by_column(cell):
    X = pd.DataFrame({"fine": [1, 2], "x": ["a", "b"]})
    with pytest.raises(TypeError, match="Column 'x' holds cells that cannot be comp"):
        ModeCorrector().fit(X).transform(X.assign(x=objects([cell, "a"])))


@pytest.mark.parametrize("numeric", [True, False, None])
def test_infinity_is_refused_by_column(numeric):
    X = table([0.5, 1.5, 2.5] * 5)
    codec = fit(X, numeric=numeric)[0]
    with pytest.raises(ValueError, match="Column 'x' holds infinity"):
        codec.encode(X.replace(2.5, -np.inf))


def test_old_and_far_dates_are_dates():
    dates = [dt.date(1, 1, 1), dt.date(1500, 1, 1), dt.date(9999, 12, 31)] * 3
    X = table(objects(dates))
    codec = fit(X)[0]
    before = codec.encode(X)[0]
    assert before[:3, 0].tolist() == [0, 1, 2]
    out = codec.decode(np.roll(before, 1, axis=0), X, before)
    assert out["x"].tolist() == np.roll(X["x"], 1).tolist()
    texts = table(objects(map(str, dates)))
    np.testing.assert_array_equal(codec.encode(texts)[0], before)


def days(n=400, seed=0):
    """Random days."""
    since = np.random.default_rng(seed).integers(0, 700, n)
    return pd.Timestamp("2023-01-01") + pd.to_timedelta(since, unit="D")


LAYOUTS = ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d-%b-%Y", "%B %d, %Y", "%Y/%m/%d"]


@pytest.mark.parametrize("time", ["", " %H:%M"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_dates_are_read_in_any_way_of_writing_that_is_clear(layout, time):
    X = pd.DataFrame({"day": days()})
    dates = fit(X)[0].numbers(X)
    texts = X["day"].dt.strftime(layout + time).to_frame().astype(object)
    codec = fit(texts)[0]
    assert codec.readings == ("date",)
    assert np.array_equal(codec.numbers(texts), dates)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_date_is_written_as_its_column_is(layout):
    begin = days()
    X = pd.DataFrame({"begin": begin, "end": begin + pd.Timedelta(30, unit="D")})
    X["kind"] = ["a", "b"] * 200
    for column in ("begin", "end"):
        X[column] = X[column].dt.strftime(layout)
    dirty = X.copy()
    dirty.loc[7, "end"] = pd.Timestamp("1999-12-31").strftime(layout)
    corrector = AnomalyCorrector(random_state=0).fit(dirty)
    assert_frame_equal(corrector.transform(dirty), X)


def test_one_impossible_day_makes_no_text_of_a_column_of_dates():
    X = pd.DataFrame({"day": days().strftime("%d.%m.%Y"), "kind": ["a", "b"] * 200})
    X.loc[3, "day"] = "31.02.2023"
    corrector = AnomalyCorrector(random_state=0).fit(X)
    corrector.transform(X)
    (said,) = corrector.report_.itertuples()
    assert (said.row, said.column, said.status) == (3, "day", "flagged")
    assert "is no date" in said.reason
