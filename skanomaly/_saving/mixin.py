"""What pickle and skops get of an estimator."""

import copyreg
from importlib import import_module

from skanomaly._saving.versions import check_versions, versions

__all__ = ["SavingMixin"]

# Keys of a pickled state, and of the portable one that skops writes.
VERSIONS, PORTABLE = "_skanomaly_versions", "_skanomaly_portable"


class SavingMixin:
    """An estimator that can be pickled, and written by skops without any pickle.

    Pickle, joblib, cloudpickle and `copy` ask `__reduce_ex__`, and get the attributes
    as they are, and the versions. skops asks `__getstate__`, and gets a portable state:
    text and arrays, see `skanomaly._saving.encoding`.
    """

    def __reduce_ex__(self, protocol):
        if type(self).__getstate__ is not SavingMixin.__getstate__:
            return super().__reduce_ex__(protocol)  # a subclass knows better
        state = {**self.__dict__, VERSIONS: versions()}
        # What pickle calls for objects; the stubs of Python lack it.
        return copyreg.__newobj__, (type(self),), state  # type: ignore[attr-defined]

    def __reduce__(self):
        return self.__reduce_ex__(2)

    def __getstate__(self):
        # Late, because it needs torch, pandas, and time to import them.
        return import_module("skanomaly._saving.encoding").portable(self)

    def __setstate__(self, state):
        if PORTABLE in state:
            decoding = import_module("skanomaly._saving.decoding")
            state = decoding.attributes(self, state)
        else:
            state = dict(state)
            name = f"This {type(self).__name__}"
            check_versions(state.pop(VERSIONS, versions()), what=name)
        check_parameters(self, state)
        self.__dict__.update(state)


def check_parameters(estimator, state):
    """Refuse a state without a parameter of the estimator.

    Parameters
    ----------
    estimator : BaseEstimator
    state : dict
        Its attributes to be.
    """
    missing = [n for n in estimator._get_param_names() if n not in state]
    if missing:
        raise ValueError(
            f"The saved {type(estimator).__name__} has no {', '.join(missing)}: it was "
            "changed, or saved by a version with other parameters. Fit it again, or "
            "load it with that version."
        )
