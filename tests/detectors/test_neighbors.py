"""The distance to training rows that autoencoders add to their error."""

import numpy as np
import pytest
import torch

from skanomaly.detectors import AutoEncoder
from skanomaly.detectors._auto_encoder import MAX_REFERENCES, Neighbors


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


def test_both_parts_weigh_the_same_on_average(clusters):
    model = fitted(clusters).net_.module_.model
    assert len(model.neighbors.references) == MAX_REFERENCES
    with torch.no_grad():
        scores = model.score(model.neighbors.references)
    assert scores.mean().item() == pytest.approx(2.0, rel=1e-3)


def test_the_score_is_the_error_and_the_distance_each_in_its_unit(clusters):
    X = clusters[::50]
    both, alone = fitted(clusters), fitted(clusters, n_neighbors=0)
    module = both.net_.module_.double().eval()
    model = module.model
    with torch.no_grad():
        distance = model.neighbors(module.standardize(torch.as_tensor(X))).sum(dim=1)
    expected = alone.anomaly_score(X) / model.unit_error.item()
    expected += (distance / model.unit_distance).numpy()
    np.testing.assert_allclose(both.anomaly_score(X), expected, rtol=1e-4)


def test_images_are_scored_without_neighbors_and_tables_with():
    X = np.random.default_rng(0).normal(size=(40, 16))
    assert fitted(X).net_.module_.model.neighbors is not None
    images = fitted(X, image_shape=(1, 4, 4), hidden_units=None)
    assert images.net_.module_.model.neighbors is None


def test_more_neighbors_than_rows_are_all_rows():
    X = np.random.default_rng(0).normal(size=(4, 2))
    assert np.isfinite(fitted(X, n_neighbors=99).score_samples(X)).all()
