"""From an estimator to its portable state: text, arrays, and what skops writes itself.

The text is JSON. A number, a text, a truth value and null stand for themselves, and a
list for anything else: it begins with a tag. All lists are numbered in the order in
which they begin, and ``["=", n]`` is the n-th value again, so that what is shared stays
shared, and circles end.
"""

import copyreg
import json
from types import BuiltinFunctionType, FunctionType

import numpy as np
from skorch import NeuralNet
from torch import nn

from skanomaly._saving.kinds import kind_of
from skanomaly._saving.mixin import PORTABLE
from skanomaly._saving.names import class_name, reference_name
from skanomaly._saving.versions import versions

__all__ = ["FORMAT", "portable"]

# Rises when older versions could not read what is written.
FORMAT = 1
# What pickle calls for an object without a constructor; the stubs of Python lack it.
NEW = copyreg.__newobj__  # type: ignore[attr-defined]

PLAIN = (bool, int, float, str)
# Their objects are walked and checked by skops.
WRITTEN_BY_SKOPS = ("sklearn", "scipy")


def portable(estimator):
    """Portable state of an estimator, for skops.

    Parameters
    ----------
    estimator : SavingMixin

    Returns
    -------
    dict
        The format, versions, the text, a list of arrays, and a list of what skops is to
        write: estimators of scikit-learn, and users' classes and functions, for which
        it asks whether they are trusted.
    """
    encoder = Encoder()
    tree = encoder.root(estimator)
    return {
        PORTABLE: FORMAT,
        "versions": versions(),
        "text": json.dumps(tree, separators=(",", ":")),
        "arrays": encoder.arrays,
        "others": encoder.others,
    }


class Encoder:
    """Turn values into nodes, and collect arrays and others on the way."""

    def __init__(self):
        self.arrays, self.others = [], []
        self.numbers = {}
        self.kept = []  # so that no number is that of a value that is gone
        self.path = []

    def root(self, estimator):
        """Node of the attributes of the estimator itself, which is number 0."""
        self._number(estimator)
        self.path.append(type(estimator).__name__)
        return self._attributes(vars(estimator))

    def node(self, value):
        """Node of any value."""
        if value is None or type(value) in PLAIN:
            return value
        if id(value) in self.numbers:
            return ["=", self.numbers[id(value)]]
        self._number(value)
        return self._new(value)

    def _number(self, value):
        self.numbers[id(value)] = len(self.kept)
        self.kept.append(value)

    def _new(self, value):
        kind = type(value)
        if kind in (list, tuple, set, frozenset):
            return [kind.__name__, *self._items(value)]
        if kind is dict:
            return ["dict", *self._pairs(value)]
        if isinstance(value, np.ndarray) and kind in (np.ndarray, np.memmap):
            return self._array(value)
        if isinstance(value, type | FunctionType | BuiltinFunctionType):
            return self._reference(value)
        return self._of_kind(value) if kind_of(value) else self._object(value)

    def _items(self, values):
        nodes = []
        for i, value in enumerate(values):
            self.path.append(f"[{i}]")
            nodes.append(self.node(value))
            self.path.pop()
        return nodes

    def _pairs(self, mapping):
        pairs = []
        for key, value in mapping.items():
            self.path.append(f"[{key!r}]")
            pairs.append([self.node(key), self.node(value)])
            self.path.pop()
        return pairs

    def _attributes(self, state):
        nodes = {}
        for name, value in state.items():
            self.path.append(f".{name}")
            nodes[name] = self.node(value)
            self.path.pop()
        return nodes

    def _array(self, value):
        if value.dtype.hasobject:
            cells = np.ravel(value).tolist()
            return ["objects", list(value.shape), *map(self.node, cells)]
        self.arrays.append(np.asarray(value))
        return ["array", len(self.arrays) - 1]

    def _of_kind(self, value):
        kind = kind_of(value)
        return ["value", kind.tag, *map(self.node, kind.dump(value))]

    def _reference(self, value):
        name = reference_name(value)
        return self._other(value) if name is None else ["name", name]

    def _object(self, value):
        kind, name = type(value), class_name(type(value))
        if name is None and kind.__module__.partition(".")[0] in WRITTEN_BY_SKOPS:
            return self._other(value)
        if name is None and isinstance(value, NeuralNet):
            self._refuse(value, "a net of skorch, of which there are only pickles")
        owner = name or self.node(kind)
        if isinstance(value, nn.Module):
            return ["module", owner, self._attributes(_module_state(value))]
        if hasattr(kind, "_saved_state"):
            return ["object", owner, self._attributes(value._saved_state())]
        if isinstance(value, tuple):
            return ["named", owner, *map(self.node, value)]
        if name is not None:
            return ["object", owner, self._attributes(vars(value))]
        return ["reduced", owner, self.node(self._reduced(value))]

    def _reduced(self, value):
        """State of an object of a class that we do not know."""
        make, args, state, *more = (*value.__reduce_ex__(2), None, None)[:5]
        if make is not NEW or args != (type(value),) or any(more):
            self._refuse(value, "a value that pickle alone could rebuild")
        return state

    def _other(self, value):
        if isinstance(value, type | FunctionType | BuiltinFunctionType):
            self._check_importable(value)
        self.others.append(value)
        return ["other", len(self.others) - 1]

    def _check_importable(self, value):
        name = value.__qualname__
        if "<" in name:
            self._refuse(value, "a function or class that exists only inside another")
        if "." in name:
            self._refuse(value, "a name that is not found at the top of a module")
        if isinstance(value, BuiltinFunctionType):
            self._refuse(value, "a function that is not written in Python")

    def _refuse(self, value, what):
        where = "".join(self.path)
        raise TypeError(
            f"{where} is {value!r}, {what}, which a file cannot name. Write a class or "
            "a function at the top of a module, or use pickle."
        )


def _module_state(module):
    """Attributes of a module but what torch keeps for itself."""
    private = nn.Module().__dict__.keys() - {
        "training", "_parameters", "_buffers", "_modules",
        "_non_persistent_buffers_set",
    }  # fmt: skip
    return {n: v for n, v in vars(module).items() if n not in private}
