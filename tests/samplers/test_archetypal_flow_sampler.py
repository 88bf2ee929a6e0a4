"""ArchetypalFlowSampler: mixtures, the nullspace beside them, reconstructions."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from skanomaly.detectors import NormalizingFlow
from skanomaly.samplers import ArchetypalFlowSampler
from skanomaly.samplers._archetypal_flow import (
    WEIGHTS,
    ArchetypalFlow,
    null_projector,
    simplex_vertices,
)


def tiny_flow():
    return NormalizingFlow("coupling", hidden_units=(8,), n_transforms=1, max_epochs=2)


def curved(seed, n_rows=600):
    """Rows near a bent triangle in six dimensions."""
    A = np.random.default_rng(seed).dirichlet([1.0, 1.0, 1.0], size=n_rows)
    corners = np.random.default_rng(7).normal(size=(3, 6))
    noise = 0.05 * np.random.default_rng(seed + 1).normal(size=(n_rows, 6))
    return np.tanh(A @ corners) + noise


@pytest.fixture(scope="module")
def sampler():
    flow = NormalizingFlow("coupling", hidden_units=(32,), max_epochs=60, noise=0.05)
    return ArchetypalFlowSampler(3, flow=flow, random_state=0).fit(curved(0))


@pytest.mark.parametrize("k", [2, 3, 7])
def test_vertices_are_those_of_a_regular_simplex(k):
    vertices = simplex_vertices(k)
    assert vertices.shape == (k, k - 1)
    expected = np.full((k, k), -1.0 / (k - 1))
    np.fill_diagonal(expected, 1.0)
    assert_allclose(vertices @ vertices.T, expected, atol=1e-12)
    assert_allclose(vertices.sum(dim=0), 0.0, atol=1e-12)


@pytest.mark.parametrize(("k", "d"), [(3, 10), (10, 10), (12, 5)])
def test_the_projector_keeps_what_the_matrix_does_not_see(k, d):
    M = np.random.default_rng(0).normal(size=(k, d))
    P = null_projector(M)
    assert_allclose(P @ P, P, atol=1e-12)
    assert_allclose(P, P.T, atol=1e-12)
    assert np.trace(P) == pytest.approx(d - min(k, d), abs=1e-9)
    w = np.random.default_rng(1).normal(size=d)
    assert np.abs(M @ P @ w).max() < 1e-6 * np.linalg.norm(w)


def test_what_the_nullspace_adds_does_not_change_the_mixture(sampler):
    Z = sampler.flow_.transform(curved(1))
    w = np.random.default_rng(0).normal(size=Z.shape)
    moved = sampler.flow_.inverse_transform(Z + w @ sampler.projector_)
    assert np.abs(moved - curved(1)).max() > 0.1
    assert_allclose(sampler.encode(moved), sampler.encode(curved(1)), atol=1e-5)


def test_archetypes_are_mixtures_of_rows():
    """Weights add up to 1 over the rows of a batch, not over the archetypes."""
    flow = ArchetypalFlow(n_archetypes=4, random_state=0, max_epochs=1)
    model = flow.fit(curved(0)).net_.module_.model
    code = torch.tensor([0.3, -0.2, 0.5])
    t = torch.randn(50, 6, generator=torch.Generator().manual_seed(0))
    distance = model.archetype_distance(t, code.expand(50, 3))
    assert_allclose(
        distance.item(), (code - model.corners).norm(dim=1).mean().item(), rtol=1e-5
    )


def test_codes_of_few_dimensions_reach_a_thin_sheet_only(sampler):
    for nullspace, rank in [(False, 2), (True, 2 + 6 - 3)]:
        rows = sampler.sample(100, 0, nullspace=nullspace)
        Z = sampler.flow_.transform(rows)
        values = np.linalg.svd(Z, compute_uv=False)
        assert (values > 1e-3 * values[0]).sum() >= rank
        if not nullspace:
            assert (values > 1e-4 * values[0]).sum() == rank


def test_mixtures_follow_the_concentration(sampler):
    purest = [
        sampler.sample(2000, 0, p=p, return_mixtures=True)[1].max(axis=1).mean()
        for p in (0.1, 1.0, 10.0)
    ]
    assert purest[0] > 0.85 > purest[1] > 0.55 > purest[2] > 1 / 3
    A = sampler.sample(2000, 0, p=[5.0, 1.0, 1.0], return_mixtures=True)[1]
    assert_allclose(A.mean(axis=0), [5 / 7, 1 / 7, 1 / 7], atol=0.02)
    assert_allclose(A.sum(axis=1), 1.0)


def test_pure_mixtures_without_nullspace_are_the_archetypes(sampler):
    rows, A = sampler.sample(40, 0, p=1e-3, nullspace=False, return_mixtures=True)
    pure = A.max(axis=1) > 1.0 - 1e-9
    assert pure.sum() > 10
    assert_allclose(
        rows[pure], sampler.archetypes_[A[pure].argmax(axis=1)], rtol=1e-4, atol=1e-4
    )


def test_what_its_mixture_does_not_see_takes_a_latent_closer_to_its_own(sampler):
    X = curved(1)
    own, near, far = (
        sampler.flow_.transform(rows)
        for rows in (X, *(sampler.reconstruct(X, n) for n in (True, False)))
    )
    distances = [np.linalg.norm(t - own, axis=1) for t in (near, far)]
    assert (distances[0] <= distances[1] + 1e-4).all()
    error = np.square(sampler.reconstruct(X, nullspace=False) - X).mean()
    # Two dimensions of a bent triangle hold most of it.
    assert error < 0.3 * X.var(axis=0).mean()
    sampler.set_params(nullspace=False)
    assert_array_equal(sampler.reconstruct(X), sampler.reconstruct(X, nullspace=False))
    sampler.set_params(nullspace=True)


def test_a_reconstruction_is_its_mixture_and_what_no_mixture_sees_of_the_row(sampler):
    X, P = curved(1), sampler.projector_
    own, mixed, made = (
        sampler.flow_.transform(rows)
        for rows in (X, *(sampler.reconstruct(X, n) for n in (False, True)))
    )
    assert_allclose(made @ P, own @ P, atol=1e-3)
    assert_allclose(made - made @ P, mixed - mixed @ P, atol=1e-3)
    assert np.abs(own @ P - mixed @ P).max() > 0.1
    assert np.abs((own - mixed) - (own - mixed) @ P).max() > 0.1


def test_the_loss_holds_the_log_density_by_the_determinant_of_the_jacobian():
    flow = ArchetypalFlow(
        n_archetypes=3,
        architecture="coupling",
        hidden_units=(8,),
        lr=0.02,
        max_epochs=4,
        contamination=0.1,
        random_state=0,
    )
    model = flow.fit(curved(0)).net_.module_.model.double().eval()
    x = torch.randn(
        20, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    t = model.flow(x)[0].detach()
    jacobians = [
        torch.autograd.functional.jacobian(lambda row: model.flow(row[None])[0][0], row)
        for row in x
    ]
    log_det = torch.stack([torch.linalg.slogdet(j).logabsdet for j in jacobians])
    nll = 0.5 * t.square().sum(dim=1) - log_det
    # The other terms belong to the batch and are the same in each row.
    loss = model(x).detach()
    assert_allclose(loss - loss.mean(), WEIGHTS[0] * (nll - nll.mean()), atol=1e-6)
    assert log_det.std() > 0.1


def test_encoded_mixtures_lie_on_the_simplex_and_differ(sampler):
    A = sampler.encode(curved(1))
    assert A.shape == (600, 3)
    assert_allclose(A.sum(axis=1), 1.0)
    assert (A >= 0).all()
    assert A.std(axis=0).min() > 0.05


@pytest.mark.parametrize("p", [0.0, -1.0, [1.0, 2.0], [1.0, 0.0, 1.0], np.nan, np.inf])
def test_concentrations_are_checked_and_a_failed_fit_changes_nothing(sampler, p):
    with pytest.raises(ValueError, match="p"):
        sampler.sample(3, p=p)
    broken = pickle.loads(pickle.dumps(sampler)).set_params(p=p)
    with pytest.raises(ValueError, match="p"):
        broken.fit(curved(1))
    assert_array_equal(broken.sample(3, 0, p=1.0), sampler.sample(3, 0, p=1.0))


def test_the_same_seed_gives_the_same_rows():
    make = ArchetypalFlowSampler(3, flow=tiny_flow(), random_state=0)
    first, second = (
        clone(make).fit(curved(0)).sample(9, random_state=1) for _ in range(2)
    )
    assert_array_equal(first, second)
    other = clone(make).set_params(random_state=1).fit(curved(0))
    assert not np.array_equal(first, other.sample(9, random_state=1))


@parametrize_with_checks([ArchetypalFlowSampler(3, flow=tiny_flow())])
def test_scikit_learn_contract(estimator, check):
    check(estimator)
