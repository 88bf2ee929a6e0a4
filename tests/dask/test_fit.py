"""Fits over partitions, on samples, and by joblib's Dask backend."""

import dask.array as da
import dask.dataframe as dd
import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import skanomaly.dask
from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.detectors import AutoEncoder, NeighborsDetector
from skanomaly.metrics import anomaly_scorer

ENCODER = AutoEncoder(random_state=0)


def by_hand(detector, parts):
    """Train a copy on the parts in their order, in this process."""
    detector = clone(detector)
    for part in parts:
        detector.partial_fit(part)
    return detector


def test_workers_train_the_detector_of_one_process(client, table, frame):
    parts = [table.partitions[i].compute() for i in range(5)]
    expected = by_hand(ENCODER, parts)
    trained = skanomaly.dask.partial_fit(ENCODER, table, shuffle_blocks=False)
    np.testing.assert_array_equal(
        trained.score_samples(frame), expected.score_samples(frame)
    )
    assert trained.offset_ == expected.offset_
    assert not hasattr(ENCODER, "net_")


def test_the_order_of_the_partitions_is_shuffled_by_the_seed(in_process, array):
    parts = [array.blocks[i].compute() for i in range(5)]
    order = np.random.RandomState(3).randint(np.iinfo(np.int32).max)
    order = np.random.default_rng(order).permutation(5)
    assert order.tolist() != list(range(5))
    expected = by_hand(ENCODER, [parts[i] for i in order])
    trained = skanomaly.dask.partial_fit(ENCODER, array, random_state=3)
    np.testing.assert_array_equal(
        trained.score_samples(parts[0]), expected.score_samples(parts[0])
    )


def test_a_second_pass_goes_on_and_leaves_the_first_alone(in_process, array):
    one = skanomaly.dask.partial_fit(ENCODER, array, random_state=0)
    before = one.score_samples(array.compute())
    two = skanomaly.dask.partial_fit(one, array, random_state=1)
    assert (len(one.net_.history), len(two.net_.history)) == (5, 10)
    np.testing.assert_array_equal(one.score_samples(array.compute()), before)


def test_empty_partitions_train_nothing(in_process, array):
    keep = da.from_array(np.arange(600) >= 240, chunks=120)
    trained = skanomaly.dask.partial_fit(ENCODER, array[keep], shuffle_blocks=False)
    assert len(trained.net_.history) == 3


def test_tables_without_rows_are_refused(in_process, table):
    empty = table[table["a"] > 99]
    with pytest.raises(ValueError, match="no rows to train on"):
        skanomaly.dask.partial_fit(ENCODER, empty)
    with pytest.raises(ValueError, match="no rows to draw from"):
        skanomaly.dask.sample_rows(empty, 3)


def test_what_cannot_be_trained_in_parts_is_refused(table, frame):
    with pytest.raises(TypeError, match=r"is a class: pass an object, AutoEncoder\(\)"):
        skanomaly.dask.partial_fit(AutoEncoder, table)
    with pytest.raises(TypeError, match=r"no partial_fit.*sample_rows"):
        skanomaly.dask.partial_fit(NeighborsDetector(), table)
    with pytest.raises(TypeError, match="of Dask, got DataFrame"):
        skanomaly.dask.partial_fit(ENCODER, frame)


def test_a_sample_does_not_depend_on_the_partitions(in_process, frame):
    samples = [
        skanomaly.dask.sample_rows(dd.from_pandas(frame, npartitions=n), 50,
                                   random_state=0)
        for n in (1, 5, 7)
    ]  # fmt: skip
    for sample in samples[1:]:
        pd.testing.assert_frame_equal(sample, samples[0])
    assert samples[0].index.is_unique
    assert samples[0].index.is_monotonic_increasing
    pd.testing.assert_frame_equal(samples[0], frame.loc[samples[0].index])


def test_arrays_are_sampled_alike_whether_chunks_are_known(in_process, array):
    known = skanomaly.dask.sample_rows(array, 50, random_state=0)
    mask = da.from_array(np.ones(600, bool), chunks=120)
    unknown = skanomaly.dask.sample_rows(array[mask], 50, random_state=0)
    assert known.shape == (50, 3)
    np.testing.assert_array_equal(known, unknown)
    other = skanomaly.dask.sample_rows(array, 50, random_state=1)
    assert not np.array_equal(known, other)


def test_every_row_is_drawn_as_often(in_process):
    X = da.arange(30, chunks=4).reshape(-1, 1)
    draws = [skanomaly.dask.sample_rows(X, 10, random_state=i) for i in range(60)]
    counts = np.bincount(np.concatenate(draws).ravel(), minlength=30)
    # The expectation is 20, the standard deviation 3.7.
    assert 5 < counts.min() <= counts.max() < 35


def test_a_sample_of_more_rows_is_all_of_them(in_process, table, frame):
    pd.testing.assert_frame_equal(skanomaly.dask.sample_rows(table, 10**9), frame)


@pytest.mark.parametrize("n_rows", [0, -1, 2.5, True, "all"])
def test_numbers_of_rows_that_cannot_be_are_refused(n_rows, array):
    with pytest.raises(ValueError, match=r"n_rows=.*int of at least 1"):
        skanomaly.dask.sample_rows(array, n_rows)


def test_a_corrector_of_a_sample_repairs_the_rest(in_process, cities):
    X = dd.from_pandas(cities, npartitions=4)
    sample = skanomaly.dask.sample_rows(X, 200, random_state=0)
    corrector = NoisyChannelCorrector(handle_unknown="repair", random_state=0)
    corrector.fit(sample)
    repaired = skanomaly.dask.transform(corrector, X).compute()
    assert set(repaired["city"]) == {"Bern", "Rome", "Oslo"}


def test_a_search_on_the_cluster_finds_what_it_finds_here(client, frame):
    y = np.arange(len(frame)) % 10 == 0
    X = np.where(y[:, None], frame + 3, frame)
    search = GridSearchCV(
        AutoEncoder(max_epochs=1, contamination=0.1, random_state=0),
        {"latent_dim": [1, 2]},
        scoring=anomaly_scorer("roc_auc"),
        cv=2,
    )
    here = clone(search).fit(X, y)
    with joblib.parallel_backend("dask", scatter=[X, y]):
        there = clone(search).fit(X, y)
    for key in ("mean_test_score", "rank_test_score"):
        np.testing.assert_array_equal(there.cv_results_[key], here.cv_results_[key])
    np.testing.assert_array_equal(there.score_samples(X), here.score_samples(X))


def test_members_of_an_ensemble_are_fitted_on_the_cluster(client, frame):
    members = [AutoEncoder(max_epochs=1, random_state=i) for i in range(3)]
    here = [clone(member).fit(frame) for member in members]
    with joblib.parallel_backend("dask"):
        there = joblib.Parallel()(joblib.delayed(m.fit)(frame) for m in members)
    for mine, other in zip(here, there, strict=True):
        np.testing.assert_array_equal(
            mine.score_samples(frame), other.score_samples(frame)
        )
