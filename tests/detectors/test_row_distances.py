"""Squared distances of whole rows are the sums of those of their cells."""

import numpy as np
import pytest
import torch

from skanomaly.detectors import _row_distances
from skanomaly.detectors._reference_distances import Neighbors, SubsetDistance
from skanomaly.detectors._row_distances import row_distances


def distances_to(references, n_neighbors=5, subset_size=16, n_in_subset=None):
    """Both distances; the subset may know fewer references."""
    n_columns = references.shape[1]
    both = (
        Neighbors(n_neighbors, n_columns),
        SubsetDistance(subset_size, n_columns, n_in_subset),
    )
    for distance in both:
        distance.set_reference_rows(references)
    return both


def normal(n_rows, n_columns=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n_rows, n_columns, generator=generator, dtype=torch.float64)


def quick_and_long(distances, x):
    with torch.no_grad():
        long_way = torch.stack([distance(x).sum(dim=1) for distance in distances])
        return row_distances(distances, x), long_way


@pytest.mark.parametrize("n_in_subset", [None, 20, 300])
@pytest.mark.parametrize("n_references", [1, 3, 40, 300])
def test_they_are_the_sums_over_the_columns(n_references, n_in_subset):
    distances = distances_to(normal(n_references), n_in_subset=n_in_subset)
    quick, long_way = quick_and_long(distances, normal(150, seed=1))
    torch.testing.assert_close(quick, long_way, rtol=2e-7, atol=0.0)


def test_one_distance_alone_is_what_it_is_beside_another():
    both, x = distances_to(normal(40), n_in_subset=20), normal(30, seed=1)
    with torch.no_grad():
        alone = [row_distances([distance], x)[0] for distance in both]
        torch.testing.assert_close(row_distances(both, x), torch.stack(alone))


def test_only_rows_that_are_close_to_a_reference_take_the_long_way(monkeypatch):
    references = normal(40)
    distances, x = distances_to(references), normal(50, seed=1)
    x[3], x[7] = references[0], references[1] + 1e-9
    lengths = []
    forward = Neighbors.forward
    monkeypatch.setattr(
        Neighbors, "forward", lambda self, x: lengths.append(len(x)) or forward(self, x)
    )
    with torch.no_grad():
        quick = row_distances(distances, x)
    assert lengths == [2]
    _, long_way = quick_and_long(distances, x)
    torch.testing.assert_close(quick, long_way, rtol=2e-7, atol=0.0)


def test_rows_without_a_cell_and_references_without_one():
    x = normal(20, seed=1)
    x[::3, 1] = torch.nan
    x[5] = torch.nan
    references = normal(30)
    for lacks in (False, True):
        if lacks:
            references[4, 2] = torch.nan
        quick, long_way = quick_and_long(distances_to(references), x)
        torch.testing.assert_close(quick, long_way, rtol=2e-7, atol=0.0)
        assert (quick[:, 5] == 0.0).all()


@pytest.mark.parametrize("scale", [1e-20, 1e-8, 1e8, 1e15])
def test_no_digit_is_lost_in_any_unit_or_far_from_zero(scale):
    references, x = normal(30) * scale, normal(20, seed=1) * scale
    quick, long_way = quick_and_long(distances_to(references), x)
    torch.testing.assert_close(quick, long_way, rtol=2e-7, atol=0.0)


def test_far_from_zero_no_digit_is_lost():
    references = (normal(30) * 2**10).round()
    x = (normal(20, seed=1) * 2**10).round() + 0.25
    near, _ = quick_and_long(distances_to(references), x)
    far, _ = quick_and_long(distances_to(references + 2**22), x + 2**22)
    torch.testing.assert_close(far, near, rtol=2e-7, atol=0.0)


def test_gradients_flow_through_the_long_way():
    distances, x = distances_to(normal(30)), normal(5, seed=1).requires_grad_()
    row_distances(distances, x).sum().backward()
    assert (x.grad != 0).all()


def test_blocks_of_rows_do_not_matter(monkeypatch):
    distances, x = distances_to(normal(30)), normal(300, seed=1)
    with torch.no_grad():
        expected = row_distances(distances, x)
        monkeypatch.setattr(_row_distances, "BLOCK_ROWS", 7)
        torch.testing.assert_close(
            row_distances(distances, x), expected, rtol=1e-12, atol=0.0
        )


def test_the_memory_of_the_squares_is_that_of_a_block(monkeypatch):
    monkeypatch.setattr(_row_distances, "BLOCK_ROWS", 8)
    sizes = []
    sort = _row_distances._sorted
    monkeypatch.setattr(
        _row_distances, "_sorted", lambda v: sizes.append(len(v)) or sort(v)
    )
    with torch.no_grad():
        row_distances(distances_to(normal(30)), normal(20, seed=1))
    assert np.array_equal(sizes, [8, 8, 4])
