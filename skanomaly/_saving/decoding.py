"""From a portable state back to an estimator; see `skanomaly._saving.encoding`.

Nothing of a file is executed: classes and functions come from our own list, or from
skops, which has asked whether they are trusted. Objects are made without a call of
their `__init__`, and what they hold is never larger than the file.
"""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from skorch import NeuralNet
from torch import nn

from skanomaly._saving.encoding import FORMAT
from skanomaly._saving.kinds import BY_TAG
from skanomaly._saving.mixin import PORTABLE, check_parameters
from skanomaly._saving.names import named_class, named_reference
from skanomaly._saving.versions import check_versions
from skanomaly.exceptions import LoadError

__all__ = ["attributes"]

UNFINISHED = object()


def attributes(estimator, state):
    """Attributes of an estimator from its portable state.

    Parameters
    ----------
    estimator : SavingMixin
        The estimator to be, without attributes.
    state : dict
        What `portable` returned.

    Returns
    -------
    dict
        Names and values.
    """
    check_format(state[PORTABLE])
    check_versions(state["versions"], what=f"This {type(estimator).__name__}")
    decoder = Decoder(state["arrays"], state["others"])
    decoder.values.append(estimator)
    return decoder.attributes(json.loads(state["text"]))


def check_format(number):
    """Refuse a format that came after this version."""
    if type(number) is not int or not 1 <= number <= FORMAT:
        raise LoadError(
            f"its format is {number!r}, this version of skanomaly reads formats 1 to "
            f"{FORMAT}. A newer version reads newer ones."
        )


class Decoder:
    """Turn nodes into values.

    Parameters
    ----------
    arrays, others : list
        As in the portable state.
    """

    def __init__(self, arrays, others):
        self.arrays, self.others = arrays, others
        self.values: list[Any] = []

    def value(self, node):
        """Value of a node."""
        if not isinstance(node, list):
            _check(node is None or type(node) in (bool, int, float, str), node)
            return node
        tag, *parts = node
        if tag == "=":
            value = self.values[_index(parts[0], self.values)]
            _check(value is not UNFINISHED, node)
            return value
        _check(tag in self.BUILDERS, node)
        number = len(self.values)
        self.values.append(UNFINISHED)
        self.values[number] = value = self.BUILDERS[tag](self, number, *parts)
        return value

    def attributes(self, nodes):
        """Attributes of an object."""
        _check(isinstance(nodes, dict), nodes)
        return {name: self.value(node) for name, node in nodes.items()}

    def _list(self, number, *nodes):
        result: list[Any] = []
        self.values[number] = result
        result.extend(map(self.value, nodes))
        return result

    def _dict(self, number, *pairs):
        self.values[number] = result = {}
        for key, node in pairs:
            name = self.value(key)
            _check(_is_key(name), key)
            result[name] = self.value(node)
        return result

    def _tuple(self, number, *nodes):
        return tuple(map(self.value, nodes))

    def _set(self, number, *nodes):
        return set(self._keys(nodes))

    def _frozenset(self, number, *nodes):
        return frozenset(self._keys(nodes))

    def _keys(self, nodes):
        keys = [self.value(node) for node in nodes]
        _check(all(map(_is_key, keys)), nodes)
        return keys

    def _array(self, number, index):
        array = self.arrays[_index(index, self.arrays)]
        _check(type(array) is np.ndarray, index)
        return array

    def _objects(self, number, shape, *nodes):
        self.values[number] = result = np.empty(len(nodes), dtype=object)
        result[:] = UNFINISHED
        for i, node in enumerate(nodes):
            result[i] = self.value(node)
        return result.reshape(shape)

    def _value(self, number, tag, *nodes):
        _check(tag in BY_TAG, tag)
        return BY_TAG[tag].build(*map(self.value, nodes))

    def _name(self, number, name):
        return named_reference(name)

    def _other(self, number, index):
        return self.others[_index(index, self.others)]

    def _class(self, node):
        """Class from our list, or one that skops was told to trust."""
        if isinstance(node, str):
            return named_class(node)
        kind = self.value(node)
        _check(isinstance(kind, type), node)
        return kind

    def _module(self, number, owner, nodes):
        kind = self._class(owner)
        _check(issubclass(kind, nn.Module), owner)
        self.values[number] = module = kind.__new__(kind)
        nn.Module.__init__(module)
        own = set(vars(module))
        state = self.attributes(nodes)
        _check(own.isdisjoint(state.keys() - TORCH_KEEPS), owner)
        module.__setstate__({**vars(module), **state})
        return module

    def _object(self, number, owner, nodes):
        kind = self._class(owner)
        self.values[number] = made = kind.__new__(kind)
        state = self.attributes(nodes)
        if hasattr(kind, "_restore"):
            made._restore(state)
            return made
        if isinstance(made, BaseEstimator):
            check_parameters(made, state)
        made.__dict__.update(state)
        return made

    def _named(self, number, owner, *nodes):
        kind = self._class(owner)
        _check(issubclass(kind, tuple) and len(nodes) == len(kind._fields), owner)
        return tuple.__new__(kind, map(self.value, nodes))

    def _reduced(self, number, owner, node):
        _check(not isinstance(owner, str), owner)
        kind = self._class(owner)
        # skorch would unpickle what is in the state.
        _check(not issubclass(kind, NeuralNet), owner)
        self.values[number] = made = kind.__new__(kind)
        state = self.value(node)
        if hasattr(made, "__setstate__"):
            made.__setstate__(state)
        elif state is not None:
            made.__dict__.update(state)
        return made

    BUILDERS: dict[str, Callable[..., Any]] = {
        "list": _list, "tuple": _tuple, "set": _set, "frozenset": _frozenset,
        "dict": _dict, "array": _array, "objects": _objects, "value": _value,
        "name": _name, "other": _other, "module": _module, "object": _object,
        "named": _named, "reduced": _reduced,
    }  # fmt: skip


TORCH_KEEPS = {
    "training", "_parameters", "_buffers", "_modules", "_non_persistent_buffers_set",
}  # fmt: skip


def _check(holds, node):
    if not holds:
        raise ValueError(f"The file holds {str(node)[:60]!r} where it cannot stand.")


def _index(index, values):
    _check(type(index) is int and 0 <= index < len(values), index)
    return index


def _is_key(value, depth=0):
    """Whether a value is a key that takes no time to hash."""
    if isinstance(value, tuple | frozenset):
        return depth < 3 and all(_is_key(part, depth + 1) for part in value)
    return not isinstance(value, list | dict | set)
