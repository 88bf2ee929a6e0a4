"""Parameters that continued training cannot take up, because a model was built."""

from skanomaly._training.parameters import DetectorParams
from skanomaly.utils._warn import warn_user

__all__ = ["built_from", "warn_of_ignored"]

# They steer the training that follows, or the threshold.
TAKEN_UP = set(DetectorParams.__annotations__) - {"standardize", "categorical_features"}
TAKEN_UP_PREFIXES = ("optimizer__", "iterator_", "callbacks__")


def built_from(estimator):
    """Values, as text, of the parameters that its model and its loss were built from.

    Parameters
    ----------
    estimator : DeepEstimator
        Its `_score_params` and `_resumed_params` are taken up by continued training.

    Returns
    -------
    dict of str to str
        One entry for each of the other parameters.
    """
    later = TAKEN_UP.union(estimator._score_params, estimator._resumed_params)
    return {
        name: repr(value)
        for name, value in estimator.get_params(deep=False).items()
        if name not in later and not name.startswith(TAKEN_UP_PREFIXES)
    }


def warn_of_ignored(estimator, built):
    """Warn of parameters that have changed since the model was built.

    Parameters
    ----------
    estimator : DeepEstimator
        What is trained further.
    built : dict of str to str
        What `built_from` returned when the model was built.
    """
    now = built_from(estimator)
    changed = [n for n in sorted(built | now) if built.get(n) != now.get(n)]
    if changed:
        kept = ", ".join(f"{n}={built.get(n, 'its default')}" for n in changed)
        warn_user(
            f"Training continues with the model of the first fit, where {kept}: the "
            "present values have no effect. Set warm_start=False, or fit a new "
            "detector, to use them."
        )
