"""Least squares on the simplex: rows as mixtures of archetypes, points in a hull."""

import numpy as np

from skanomaly.utils._typing import FloatArray

__all__ = ["mixtures", "nearest_in_hull", "project_to_simplex"]

# Weights below this count as zero: what rounding leaves of them.
MIN_WEIGHT = 1e-12


def project_to_simplex(V: FloatArray) -> FloatArray:
    """Nearest points of the simplex, row by row, by sorting.

    Parameters
    ----------
    V : ndarray of shape (n, k)
        Points.

    Returns
    -------
    ndarray of shape (n, k)
        Rows that are not negative and sum to one.

    References
    ----------
    J. Duchi, S. Shalev-Shwartz, Y. Singer, T. Chandra, "Efficient projections onto the
    l1-ball for learning in high dimensions", ICML 2008.
    """
    descending = -np.sort(-V, axis=1)
    excess = np.cumsum(descending, axis=1) - 1.0
    size = np.arange(1, V.shape[1] + 1)
    n_positive = (descending * size > excess).sum(axis=1)
    threshold = excess[np.arange(len(V)), n_positive - 1] / n_positive
    return np.maximum(V - threshold[:, None], 0.0)


def mixtures(
    X: FloatArray,
    Z: FloatArray,
    A: FloatArray | None = None,
    *,
    tol: float = 1e-10,
    max_iter: int = 1000,
) -> FloatArray:
    """Mixtures of archetypes that are nearest to the rows.

    Accelerated projected gradient with restarts (FISTA), every row by itself: a row
    stops when its own duality gap is small enough, whatever the others do.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Rows.
    Z : ndarray of shape (k, d)
        Archetypes.
    A : ndarray of shape (n, k), default=None
        Where to start; no error increases. None starts at the nearest archetypes.
    tol : float, default=1e-10
        Largest duality gap, as a fraction of the squared extent of the archetypes.
    max_iter : int, default=1000
        Largest number of iterations.

    Returns
    -------
    ndarray of shape (n, k)
        Weights that are not negative and sum to one.
    """
    center = Z.mean(axis=0)
    Z = Z - center
    gram = Z @ Z.T
    # Only the inner products matter from here on.
    products = (X - center) @ Z.T
    if A is None:
        A = np.eye(len(Z))[np.argmin(np.diag(gram) - 2.0 * products, axis=1)]
    start = A
    extent = np.linalg.eigvalsh(gram)[-1]
    if extent <= 0.0:
        return A
    active, A = np.arange(len(A)), A.copy()
    a = y = A
    momentum = np.ones(len(A))
    for _ in range(max_iter):
        gradient = a @ gram - products[active]
        gap = (a * gradient).sum(axis=1) - gradient.min(axis=1)
        is_open = gap > tol * extent
        if not is_open.all():
            A[active] = a
            active, a, y = active[is_open], a[is_open], y[is_open]
            momentum = momentum[is_open]
        if not len(active):
            break
        before = a
        a = project_to_simplex(y - (y @ gram - products[active]) / extent)
        y, momentum = _extrapolated(y, a, before, momentum)
    A[active] = a
    worse = _half_errors(A, gram, products) > _half_errors(start, gram, products)
    return np.where(worse[:, None], start, A)


def _half_errors(A, gram, products):
    """Half the squared error of each row, but for a constant."""
    return (A * (0.5 * A @ gram - products)).sum(axis=1)


def _extrapolated(y, a, before, momentum):
    """Nesterov's extrapolation, restarted in rows where it goes uphill."""
    wrong = ((y - a) * (a - before)).sum(axis=1) > 0.0
    momentum = np.where(wrong, 1.0, momentum)
    after = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum**2))
    factor = np.where(wrong, 0.0, (momentum - 1.0) / after)
    return a + factor[:, None] * (a - before), after


def nearest_in_hull(
    X: FloatArray,
    target: FloatArray,
    weights: FloatArray,
    *,
    gap: float,
    max_iter: int = 50,
) -> FloatArray:
    """Nearest point of the convex hull of rows, by Wolfe's algorithm.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Rows.
    target : ndarray of shape (d,)
        Point to approximate.
    weights : ndarray of shape (n,)
        Mixture of rows to start from; the result is not farther from the target.
    gap : float
        Largest duality gap, in squared units of the rows.
    max_iter : int, default=50
        Largest number of rows to add.

    Returns
    -------
    ndarray of shape (n,)
        Mixture of the rows.

    References
    ----------
    P. Wolfe, "Finding the nearest point in a polytope", Mathematical Programming 11,
    1976.
    """
    chosen = np.flatnonzero(weights > MIN_WEIGHT)
    w = weights[chosen] / weights[chosen].sum()
    # The weights may be optimal for another target.
    chosen, w = _affine_steps(X, target, chosen, w)
    for _ in range(max_iter):
        offset = w @ X[chosen] - target
        slopes = X @ offset
        best = int(np.argmin(slopes))
        if w @ slopes[chosen] - slopes[best] <= gap or best in chosen:
            break
        chosen, w = _affine_steps(X, target, np.append(chosen, best), np.append(w, 0.0))
    weights = np.zeros(len(X))
    weights[chosen] = w
    return weights


def _affine_steps(X, target, chosen, w):
    """Nearest point of a simplex of rows: drop rows until all weights are positive."""
    while True:
        goal = _affine_minimum(X[chosen], target)
        if (goal > MIN_WEIGHT).all():
            return chosen, goal
        falling = goal <= MIN_WEIGHT
        fall = w[falling] - goal[falling]
        ratio = np.where(fall > 0.0, w[falling] / np.where(fall > 0.0, fall, 1.0), 0.0)
        w = w + ratio.min() * (goal - w)
        w[np.flatnonzero(falling)[np.argmin(ratio)]] = 0.0
        kept = w > MIN_WEIGHT
        chosen, w = chosen[kept], w[kept] / w[kept].sum()
        if len(chosen) == 1:
            return chosen, w


def _affine_minimum(points, target):
    """Weights, of either sign, of the point of the affine hull next to the target."""
    edges = points[1:] - points[0]
    rest = np.linalg.lstsq(edges.T, target - points[0], rcond=None)[0]
    return np.append(1.0 - rest.sum(), rest)
