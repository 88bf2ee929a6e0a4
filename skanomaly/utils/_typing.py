"""Names for the types that public signatures are written in. No torch here."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BoolArray",
    "Detector",
    "Estimator",
    "FloatArray",
    "Frame",
    "FrameT",
    "IntArray",
    "ListLike",
    "MatrixLike",
    "NestedLists",
    "RandomStateLike",
    "Sampler",
    "SupportsArray",
    "Transformer",
    "VectorLike",
]

BoolArray: TypeAlias = NDArray[np.bool_]
FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]

RandomStateLike: TypeAlias = int | np.random.RandomState | None


class SupportsArray(Protocol):
    """Arrays and tensors, and the frames and series of pandas and polars."""

    def __array__(self) -> NDArray[Any]:
        """Return the values as an array."""


class Frame(SupportsArray, Protocol):
    """Frames of pandas and polars."""

    @property
    def columns(self) -> Any:
        """Return the names of the columns."""

    @property
    def dtypes(self) -> Any:
        """Return the types of the columns."""


FrameT = TypeVar("FrameT", bound=Frame)

# Narrower than numpy's ArrayLike, which takes a number for a table.
NestedLists: TypeAlias = Sequence[SupportsArray] | Sequence[Sequence[Any]]
MatrixLike: TypeAlias = SupportsArray | NestedLists
VectorLike: TypeAlias = SupportsArray | Sequence[Any]
# Columns, say: a string, which is a sequence too, is not meant.
ListLike: TypeAlias = SupportsArray | list[Any] | tuple[Any, ...]


class Estimator(Protocol):
    """What scikit-learn calls an estimator; a Pipeline and a search are ones too."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters."""


class Detector(Protocol):
    """A fitted outlier detector, or a Pipeline that ends in one."""

    def score_samples(self, X: Any, /) -> Any:
        """Score rows: higher is more normal."""


class Sampler(Protocol):
    """What draws rows, ours or one of scikit-learn."""

    def fit(self, X: Any, /) -> Any:
        """Learn from rows."""

    def sample(self, n_samples: int, /) -> Any:
        """Draw rows."""


class Transformer(Protocol):
    """A fitted transformer, such as a corrector."""

    def transform(self, X: Any, /) -> Any:
        """Make rows of rows."""
