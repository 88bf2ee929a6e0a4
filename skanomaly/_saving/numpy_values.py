"""What a file keeps of values of numpy, scipy and scikit-learn, but for arrays."""

import numpy as np
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingRegressor

from skanomaly._saving.kind import Kind
from skanomaly._saving.trees import booster_of, parts_of

__all__ = ["NUMPY", "SCIPY"]


def _scalar(dtype, digits):
    return np.ndarray((), dtype, bytes.fromhex(digits))[()]


def _random_state(*parts):
    state = np.random.RandomState(0)
    state.set_state(parts)
    return state


def _random_generator(name, state):
    if name not in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"):
        raise ValueError(f"{name!r} is no generator of numpy.")
    bits = getattr(np.random, name)(0)
    bits.state = state
    return np.random.Generator(bits)


NUMPY = [
    Kind("dtype", (np.dtype,), lambda v: (v.str,), np.dtype),
    Kind(
        "scalar",
        (np.generic,),
        lambda v: (v.dtype.str, v.tobytes().hex()),
        _scalar,
    ),
    Kind(
        "RandomState",
        (np.random.RandomState,),
        lambda v: v.get_state(),
        _random_state,
    ),
    Kind(
        "random.Generator",
        (np.random.Generator,),
        lambda v: (type(v.bit_generator).__name__, v.bit_generator.state),
        _random_generator,
    ),
]


def _sparse_parts(matrix):
    return (
        type(matrix).__name__,
        matrix.shape,
        matrix.data,
        matrix.indices,
        matrix.indptr,
    )


def _sparse(name, shape, data, indices, indptr):
    matrix = SPARSE[name]((data, indices, indptr), shape=shape)
    matrix.check_format(full_check=True)  # an index beyond the end could crash
    return matrix


SPARSE = {
    kind.__name__: kind
    for kind in (
        sparse.csr_matrix,
        sparse.csc_matrix,
        sparse.csr_array,
        sparse.csc_array,
    )
}
SCIPY = [
    Kind("sparse", tuple(SPARSE.values()), _sparse_parts, _sparse),
    Kind("booster", (HistGradientBoostingRegressor,), parts_of, booster_of),
]
