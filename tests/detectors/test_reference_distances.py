"""The distances to training rows that autoencoders add to their error."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
import torch
from sklearn.metrics import nan_euclidean_distances

from skanomaly.detectors import AutoEncoder, _reference_distances
from skanomaly.detectors._auto_encoder import MAX_REFERENCES
from skanomaly.detectors._reference_distances import (
    Neighbors,
    SubsetDistance,
    nearest_probability,
)


def brute_force(x, references, k):
    distances = torch.cdist(x, references, compute_mode="donot_use_mm_for_euclid_dist")
    nearest = distances.topk(k, largest=False).indices
    return (x[:, None] - references[nearest]).square().mean(dim=1)


@pytest.mark.parametrize("k", [1, 5, 50])
def test_the_cells_are_those_of_the_nearest_references(k):
    generator = torch.Generator().manual_seed(0)
    references = torch.randn(50, 4, generator=generator)
    x = torch.randn(600, 4, generator=generator, dtype=torch.float64)
    neighbors = Neighbors(k, 4)
    neighbors.set_reference_rows(references)
    expected = brute_force(x, references.double(), k)
    torch.testing.assert_close(neighbors(x), expected)


def test_a_reference_is_not_its_own_neighbor():
    references = torch.tensor([[0.0], [1.0], [5.0]])
    neighbors = Neighbors(1, 1)
    neighbors.set_reference_rows(references)
    assert neighbors(references).ravel().tolist() == [1.0, 1.0, 16.0]


def test_further_copies_of_a_row_are_its_neighbors():
    """Leaving all copies out would make the distance jump with their number."""
    neighbors = Neighbors(2, 1)
    for n_copies, distance in [(1, 100.0), (2, 50.0), (3, 0.0), (9, 0.0)]:
        neighbors.set_reference_rows(torch.tensor([[0.0]] * n_copies + [[10.0]] * 5))
        assert neighbors(torch.zeros(1, 1)).item() == distance


def test_references_that_all_equal_the_row_are_at_no_distance():
    neighbors = Neighbors(2, 1)
    neighbors.set_reference_rows(torch.ones(5, 1))
    assert neighbors(torch.ones(3, 1)).ravel().tolist() == [0.0, 0.0, 0.0]


@pytest.fixture(scope="module")
def clusters():
    """A dense cluster and a wide one, far apart."""
    rng = np.random.default_rng(0)
    dense = rng.normal(scale=0.1, size=(1000, 3))
    return np.vstack([dense, 10 + rng.normal(scale=2.0, size=(1000, 3))])


def fitted(X, **options):
    settings = {"hidden_units": (16,), "max_epochs": 5, "random_state": 0}
    # Two clusters of equal size are a gap, of which "auto" warns.
    options = {**settings, "contamination": 0.1, **options}
    return AutoEncoder(**options).fit(X)


def test_all_parts_weigh_the_same_on_average(clusters):
    model = fitted(clusters).net_.module_.model
    neighbors, subsets = model.distances
    assert len(neighbors.references) == MAX_REFERENCES
    assert len(subsets.references) == SubsetDistance.max_references
    with torch.no_grad():
        scores = model.score(neighbors.references)
    assert scores.mean().item() == pytest.approx(3.0, rel=1e-3)


def test_the_score_is_the_error_and_the_distances_each_in_its_unit(clusters):
    X = clusters[::50]
    both, alone = fitted(clusters), fitted(clusters, n_neighbors=0)
    module = both.net_.module_.double().eval()
    model = module.model
    with torch.no_grad():
        x = module.standardize(torch.as_tensor(X))
        distances = [distance(x).sum(dim=1) for distance in model.distances]
    expected = alone.anomaly_score(X) / model.unit_error.item()
    for distance, unit in zip(distances, model.unit_distances, strict=True):
        expected += (distance / unit).numpy()
    np.testing.assert_allclose(both.anomaly_score(X), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ({}, [Neighbors, SubsetDistance]),
        ({"n_neighbors": 0}, []),
        ({"subset_size": 0}, [Neighbors]),
        ({"n_neighbors": 0, "subset_size": 4}, [SubsetDistance]),
        ({"image_shape": (1, 4, 4), "hidden_units": None}, []),
    ],
)
def test_tables_are_scored_with_both_distances_and_images_with_none(options, kinds):
    X = np.random.default_rng(0).normal(size=(40, 16))
    distances = fitted(X, **options).net_.module_.model.distances
    assert [type(distance) for distance in distances] == kinds


def test_more_neighbors_than_rows_are_all_rows():
    X = np.random.default_rng(0).normal(size=(4, 2))
    detector = fitted(X, n_neighbors=99, subset_size=99)
    assert np.isfinite(detector.score_samples(X)).all()


@pytest.mark.parametrize(("n", "m"), [(5, 3), (256, 16), (16, 16), (3, 16), (40, 1)])
def test_the_probability_to_be_nearest_is_a_ratio_of_binomials(n, m):
    m_drawn = min(m, n)
    expected = [comb(n - r, m_drawn - 1) / comb(n, m_drawn) for r in range(1, n + 1)]
    np.testing.assert_allclose(nearest_probability(n, m), expected, rtol=1e-9)


def subset_distance(references, size):
    distance = SubsetDistance(size, references.shape[1])
    distance.set_reference_rows(references)
    return distance


def mean_over_subsets(row, references, size):
    squares = (references - row).square()
    nearest = [
        squares[list(chosen)][squares[list(chosen)].sum(dim=1).argmin()]
        for chosen in combinations(range(len(references)), size)
    ]
    return torch.stack(nearest).mean(dim=0)


def test_the_cells_are_means_over_all_subsets():
    generator = torch.Generator().manual_seed(0)
    references = torch.randn(9, 3, generator=generator)
    x = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    expected = [mean_over_subsets(row, references.double(), 4) for row in x]
    torch.testing.assert_close(subset_distance(references, 4)(x), torch.stack(expected))


def test_a_row_is_in_no_subset_for_itself():
    generator = torch.Generator().manual_seed(0)
    references = torch.randn(9, 3, generator=generator)
    rows = references.double()
    expected = [
        mean_over_subsets(rows[i], torch.cat([rows[:i], rows[i + 1 :]]), 4)
        for i in range(9)
    ]
    torch.testing.assert_close(
        subset_distance(references, 4)(rows), torch.stack(expected)
    )


def test_far_from_zero_no_digit_is_lost():
    references = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    near = subset_distance(references, 2)(references.double() + 0.25)
    far = subset_distance(references + 2**20, 2)(references.double() + 2**20 + 0.25)
    torch.testing.assert_close(far, near)


def test_one_reference_is_at_no_distance_from_itself():
    assert subset_distance(torch.ones(1, 2), 16)(torch.ones(1, 2)).tolist() == [[0, 0]]


def test_few_anomalies_side_by_side_are_far_from_a_random_subset():
    """They are each other's neighbours, but rarely two of them in one subset."""
    rng = np.random.default_rng(0)
    crowd, clique = rng.normal(size=(190, 2)), 6 + 0.01 * rng.normal(size=(10, 2))
    X = torch.from_numpy(np.vstack([crowd, clique])).float()
    neighbors = Neighbors(5, 2)
    neighbors.set_reference_rows(X)
    by_neighbors = neighbors(X).sum(dim=1)
    by_subsets = subset_distance(X, 16)(X).sum(dim=1)
    assert by_neighbors[190:].max() < by_neighbors[:190].median()
    assert by_subsets[190:].min() > by_subsets[:190].quantile(0.95)


def with_missing(n_rows, n_columns=4, seed=0, fraction=0.3):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n_rows, n_columns, generator=generator, dtype=torch.float64)
    missing = torch.rand(x.shape, generator=generator) < fraction
    missing[:, 0] = False  # all pairs of rows have a column in common
    x[missing] = torch.nan
    return x.float().double()  # references are kept as float32


def nearest(references, k, weights=None):
    neighbors = Neighbors(k, references.shape[1], weights=weights)
    neighbors.set_reference_rows(references)
    return neighbors


def nan_squares(x, references):
    return torch.from_numpy(nan_euclidean_distances(x, references, squared=True))


@pytest.mark.parametrize("k", [1, 5, 50])
def test_over_missing_cells_distances_are_those_of_scikit_learn(k):
    x, references = with_missing(600, seed=1), with_missing(50)
    expected = nan_squares(x, references).topk(k, largest=False).values.mean(dim=1)
    torch.testing.assert_close(nearest(references, k)(x).sum(dim=1), expected)


def test_subsets_over_missing_cells_are_those_of_scikit_learn():
    x, references = with_missing(50, seed=1), with_missing(9)
    squares = nan_squares(x, references)
    expected = torch.stack(
        [squares[:, list(c)].amin(dim=1) for c in combinations(range(9), 4)]
    ).mean(dim=0)
    cells = subset_distance(references, 4)(x)
    torch.testing.assert_close(cells.sum(dim=1), expected)


DISTANCES = {
    "neighbours": lambda references: nearest(references, 3),
    "subsets": lambda references: subset_distance(references, 4),
}
every_distance = pytest.mark.parametrize("kind", DISTANCES)


@every_distance
def test_a_missing_cell_is_at_no_distance_and_others_are_scaled(kind):
    references = with_missing(30, fraction=0.0)
    x = with_missing(20, seed=1)
    cells = DISTANCES[kind](references)(x)
    assert (cells[x.isnan()] == 0).all()
    assert (cells[~x.isnan()] > 0).all()
    # A column that nobody knows scales the others as if it were like them.
    unknown = torch.full((30, 1), torch.nan, dtype=torch.float64)
    wider = DISTANCES[kind](torch.cat([references, unknown], dim=1))
    wider_cells = wider(torch.cat([x, unknown[:20]], dim=1))[:, :4]
    torch.testing.assert_close(wider_cells, cells * 5 / 4)


@every_distance
def test_incomplete_rows_do_not_touch_the_complete_ones_beside_them(kind):
    distance = DISTANCES[kind](with_missing(30, fraction=0.0))
    x = with_missing(40, seed=1)
    complete = ~x.isnan().any(dim=1)
    assert 0 < complete.sum() < 40
    assert torch.equal(distance(x)[complete], distance(x[complete]))


@every_distance
def test_complete_rows_among_complete_ones_take_the_short_way(kind, monkeypatch):
    distance = DISTANCES[kind](with_missing(30, fraction=0.0))
    monkeypatch.setattr(distance, "_incomplete_block", None)
    assert distance(with_missing(40, fraction=0.0)).shape == (40, 4)
    with pytest.raises(TypeError):
        distance(with_missing(40))


@every_distance
def test_both_ways_lead_to_the_same(kind):
    distance = DISTANCES[kind](with_missing(30, fraction=0.0))
    x = torch.cat([with_missing(40, seed=1, fraction=0.0), distance.references[:5]])
    x = x.double()
    long_way = distance._incomplete_block(x, distance.references.double())
    torch.testing.assert_close(distance(x), long_way)


@every_distance
def test_an_incomplete_reference_is_left_out_for_itself(kind):
    references = with_missing(30)
    # At no distance from every third row, none of which is a copy of it.
    references[0, 1:], references[::3, 0] = torch.nan, 0.0
    all_others = [
        DISTANCES[kind](torch.cat([references[:i], references[i + 1 :]]))(row[None])
        for i, row in enumerate(references)
    ]
    cells = DISTANCES[kind](references)(references)
    # Leaving a row out moves the middle of the others.
    torch.testing.assert_close(cells, torch.cat(all_others), rtol=1e-5, atol=1e-6)


def test_copies_of_an_incomplete_row_are_its_neighbours():
    rows = torch.tensor([[0.0, torch.nan]] * 2 + [[10.0, 0.0]] * 3)
    assert nearest(rows, 2)(rows[:1]).tolist() == [[100.0, 0.0]]  # (0 + 2 * 100) / 2
    assert nearest(rows[1:], 2)(rows[:1]).tolist() == [[200.0, 0.0]]


@every_distance
def test_rows_without_a_column_in_common_are_no_neighbours(kind):
    nan = torch.nan
    references = torch.tensor([[1.0, nan]] * 3 + [[nan, 5.0]] * 9)
    cells = DISTANCES[kind](references)(torch.tensor([[0.0, nan], [nan, nan]]))
    torch.testing.assert_close(cells, torch.tensor([[2.0, 0.0], [0.0, 0.0]]))


def test_a_column_counts_as_much_as_its_weight():
    references = torch.zeros(3, 3)
    x = torch.tensor([[1.0, 2.0, torch.nan]])
    cells = nearest(references, 1, weights=[1.0, 1.0, 0.5])(x)
    torch.testing.assert_close(cells, torch.tensor([[1.25, 5.0, 0.0]]))


@every_distance
def test_far_from_zero_no_digit_is_lost_over_missing_cells(kind):
    x, references = with_missing(40, seed=1), with_missing(30)
    # Numbers that float32 holds exactly, there too.
    x, references = ((2**12 * rows).round() / 2**12 for rows in (x, references))
    near = DISTANCES[kind](references)(x)
    far = DISTANCES[kind](references + 2**10)(x + 2**10)
    torch.testing.assert_close(far, near)


@every_distance
def test_memory_does_not_grow_with_the_rows(kind, monkeypatch):
    monkeypatch.setattr(_reference_distances, "BLOCK_ROWS", 8)
    distance = DISTANCES[kind](with_missing(30))
    block, sizes = distance._incomplete_block, []

    def measured(x, references):
        sizes.append(len(x))
        return block(x, references)

    monkeypatch.setattr(distance, "_incomplete_block", measured)
    distance(with_missing(50, seed=1))
    assert sizes == [8] * 6 + [2]
