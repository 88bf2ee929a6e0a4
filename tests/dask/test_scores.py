"""Scores, labels, p-values and repairs by partition are those of one process."""

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skanomaly.dask
from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.detectors import AutoEncoder, NeighborsDetector
from skanomaly.utils._scores import anomaly_score_of, p_values_of

METHODS = [
    "anomaly_score", "score_samples", "decision_function", "predict", "p_values",
]  # fmt: skip

# Those that are counted, below.
LOADED = []


class Counted(NeighborsDetector):
    """Notes in each process how often it was unpickled there."""

    def __setstate__(self, state):
        LOADED.append(1)
        super().__setstate__(state)


@pytest.mark.parametrize("method", METHODS)
def test_worker_processes_give_the_bits_of_one_process(
    method, client, detector, table, frame
):
    result = getattr(skanomaly.dask, method)(detector, table)
    values = getattr(detector, method)(frame)
    expected = pd.Series(values, index=frame.index, name=method)
    pd.testing.assert_series_equal(client.compute(result, sync=True), expected)


def test_worker_processes_repair_as_one_process_does(client, corrector, cities):
    whole = dd.from_pandas(cities, npartitions=4)
    result = client.compute(skanomaly.dask.transform(corrector, whole), sync=True)
    expected = corrector.transform(whole.compute())
    assert len(corrector.report_) == 5
    pd.testing.assert_frame_equal(result, expected)


def test_a_detector_travels_to_each_worker_once(client, frame):
    detector = Counted().fit(frame[:50])
    many = dd.from_pandas(frame, npartitions=20)
    client.compute(skanomaly.dask.score_samples(detector, many), sync=True)
    # By one it is loaded, from which the other has it.
    assert sum(client.run(lambda: len(LOADED)).values()) <= 2


def test_workers_compute_with_one_thread_each(client):
    """Dask sets OMP_NUM_THREADS; more would fight for the cores."""

    def n_threads():
        import torch

        return torch.get_num_threads()

    assert set(client.run(n_threads).values()) == {1}


@pytest.mark.parametrize("method", METHODS)
def test_arrays_of_known_and_unknown_chunks(
    method, in_process, array_detector, array, frame
):
    rows = frame.to_numpy()
    expected = getattr(array_detector, method)(rows)
    result = getattr(skanomaly.dask, method)(array_detector, array)
    assert (result.shape, result.dtype) == ((600,), expected.dtype)
    np.testing.assert_array_equal(result.compute(), expected)
    # Of the first block no row is left.
    keep = (np.arange(600) >= 120) & (rows[:, 0] > 0)
    filtered = getattr(skanomaly.dask, method)(array_detector, array[keep])
    np.testing.assert_array_equal(filtered.compute(), expected[keep])
    mask = da.from_array(keep, chunks=120)
    unknown = getattr(skanomaly.dask, method)(array_detector, array[mask])
    assert np.isnan(unknown.shape[0])
    np.testing.assert_array_equal(unknown.compute(), expected[keep])


@pytest.mark.parametrize("method", METHODS)
def test_meta_is_what_comes(method, in_process, detector, table):
    result = getattr(skanomaly.dask, method)(detector, table)
    assert result.divisions == table.divisions
    assert result.name == result.compute().name == method
    assert result.dtype == result.compute().dtype
    assert result.index.name == "id"


def test_nothing_is_computed_before_it_is_asked_for(in_process, detector):
    read = []

    def part(k):
        read.append(k)
        return pd.DataFrame(np.zeros((4, 3)) + k, columns=["a", "b", "c"])

    meta = pd.DataFrame(columns=["a", "b", "c"], dtype=float)
    X = dd.from_map(part, range(3), meta=meta)
    scores = skanomaly.dask.score_samples(detector, X)
    assert read == []
    assert len(scores.partitions[1].compute()) == 4
    assert read == [1]


def test_partitions_that_a_filter_left_empty(in_process, detector, table, frame):
    X = table.map_partitions(lambda part: part[part.index >= frame.index[450]])
    scores = skanomaly.dask.anomaly_score(detector, X).compute()
    np.testing.assert_array_equal(scores, detector.anomaly_score(frame[450:]))
    none = skanomaly.dask.predict(detector, table[table.a > 99]).compute()
    assert (len(none), none.dtype) == (0, np.int64)


def test_an_estimator_is_taken_as_it_is_now(in_process, frame, table):
    detector = NeighborsDetector().fit(frame[:100])
    expected = detector.score_samples(frame)
    scores = skanomaly.dask.score_samples(detector, table)
    detector.fit(frame[100:])
    np.testing.assert_array_equal(scores.compute(), expected)


def test_pipelines_and_detectors_of_scikit_learn(in_process, frame, table):
    forest = IsolationForest(random_state=0).fit(frame)
    pipe = make_pipeline(StandardScaler(), NeighborsDetector()).fit(frame)
    for estimator, function, by_hand in [
        (forest, "anomaly_score", anomaly_score_of),
        (pipe, "anomaly_score", anomaly_score_of),
        (pipe, "p_values", p_values_of),
        (forest, "predict", IsolationForest.predict),
    ]:
        result = getattr(skanomaly.dask, function)(estimator, table)
        np.testing.assert_array_equal(result.compute(), by_hand(estimator, frame))


def test_images_of_four_dimensions(in_process):
    images = np.random.default_rng(0).random((12, 1, 8, 8))
    detector = AutoEncoder(image_shape=(1, 8, 8), max_epochs=1, random_state=0)
    detector.fit(images)
    X = da.from_array(images, chunks=(5, 1, 8, 8))
    scores = skanomaly.dask.score_samples(detector, X)
    np.testing.assert_array_equal(scores.compute(), detector.score_samples(images))


def test_repaired_tables_have_the_meta_of_what_came(in_process, corrector, cities):
    X = dd.from_pandas(cities, npartitions=4)
    for rows in (X, X[X["rank"] > 250]):  # the second has empty partitions
        repaired = skanomaly.dask.transform(corrector, rows)
        assert repaired.divisions == rows.divisions
        pd.testing.assert_frame_equal(repaired._meta, rows._meta)
        expected = corrector.transform(rows.compute())
        pd.testing.assert_frame_equal(repaired.compute(), expected)


def test_the_recipe_of_the_guide_gives_the_report_of_one_process(
    in_process, corrector, cities
):
    X = dd.from_pandas(cities, npartitions=4)
    fitted = dask.delayed(corrector)
    parts = [fitted.repair(part).report for part in X.to_delayed()]
    report = pd.concat(dask.compute(*parts), ignore_index=True)
    whole = corrector.repair(X.compute()).report
    pd.testing.assert_frame_equal(report, whole.reset_index(drop=True))


def test_arrays_are_repaired_by_block(in_process, cities):
    rows = cities[["city", "land"]].to_numpy(dtype=object)
    corrector = NoisyChannelCorrector(random_state=0).fit(rows)
    repaired = skanomaly.dask.transform(corrector, da.from_array(rows, chunks=(70, 2)))
    assert repaired.shape == rows.shape
    np.testing.assert_array_equal(repaired.compute(), corrector.transform(rows))


@pytest.mark.parametrize("bad", ["pandas", "numpy", "series", "text"])
def test_tables_of_another_kind_are_refused(bad, detector, frame, table):
    X = {"pandas": frame, "numpy": frame.to_numpy(), "series": table.a, "text": "x.csv"}
    with pytest.raises(TypeError, match=r"DataFrame or an Array of Dask, got \w+"):
        skanomaly.dask.predict(detector, X[bad])


def test_blocks_of_columns_are_refused(array_detector, array):
    with pytest.raises(ValueError, match=r"X\.rechunk\(\{1: -1\}\)"):
        skanomaly.dask.predict(array_detector, array.rechunk((120, 1)))
    with pytest.raises(ValueError, match="rows and columns are needed"):
        skanomaly.dask.predict(array_detector, array[:, 0])


def test_other_columns_are_refused_by_name_before_anything_is_read(
    detector, array_detector, table, array, corrector
):
    with pytest.raises(ValueError, match=r"unseen at fit time:\n- z"):
        skanomaly.dask.predict(detector, table.rename(columns={"b": "z"}))
    with pytest.raises(ValueError, match="same order"):
        skanomaly.dask.predict(detector, table[["b", "a", "c"]])
    with pytest.raises(ValueError, match="X has 2 features"):
        skanomaly.dask.predict(array_detector, array[:, :2].rechunk({1: -1}))
    with pytest.raises(ValueError, match="unseen at fit time"):
        skanomaly.dask.transform(corrector, table)


def test_estimators_of_another_kind_are_refused(detector, corrector, table):
    with pytest.raises(ValueError, match="not fitted yet"):
        skanomaly.dask.predict(AutoEncoder(), table)
    with pytest.raises(TypeError, match="has no p_values"):
        skanomaly.dask.p_values(IsolationForest(), table)
    with pytest.raises(TypeError, match="has no predict"):
        skanomaly.dask.predict(corrector, table)
    with pytest.raises(TypeError, match="has no score_samples"):
        skanomaly.dask.anomaly_score("detector", table)
    with pytest.raises(TypeError, match="no corrector of skanomaly"):
        skanomaly.dask.transform(StandardScaler(), table)


def test_the_error_of_a_partition_is_that_of_the_estimator(in_process, frame, table):
    detector = AutoEncoder(max_epochs=1, contamination=0.1).fit(frame)
    with pytest.raises(ValueError, match=r"Call calibrate\(X\)"):
        skanomaly.dask.p_values(detector, table).compute()


def test_without_dask_the_extra_is_named(monkeypatch, detector, table):
    monkeypatch.setitem(__import__("sys").modules, "dask.dataframe", None)
    with pytest.raises(ImportError, match=r"pip install skanomaly\[dask\]"):
        skanomaly.dask.predict(detector, table)
