"""The distances to training rows that autoencoders add to their error."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
import torch

from skanomaly.detectors import AutoEncoder
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
    options = {"hidden_units": (16,), "max_epochs": 5, "random_state": 0, **options}
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
