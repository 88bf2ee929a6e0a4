"""Anything that tells anomalous rows from normal ones, as a function of codes."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch

from skanomaly.correctors._table.one_hot import OneHotLayout

__all__ = ["LogOddsModel", "EstimatorModel", "TorchModel"]

# Numbers in the largest array of an evaluation: small enough to stay in the cache.
CHUNK = 2**18
_LIMIT = float(np.finfo(np.float32).max)


class LogOddsModel(ABC):
    """Log-odds of an anomaly for rows of codes.

    Subclasses write `_logits(codes)`. Log-odds are rounded to the float32 grid, so that
    a row's do not depend on its neighbours in a batch.

    Parameters
    ----------
    n_categories : sequence of int
        Categories of each column.
    """

    differentiable = False

    def __init__(self, n_categories):
        self.blocks = OneHotLayout(n_categories)

    def logits(self, codes):
        """Log-odds of each row, shape (n,)."""
        n_rows = max(1, CHUNK // self.blocks.n_units)
        parts = [codes[i : i + n_rows] for i in range(0, len(codes), n_rows)]
        parts = [_on_float32_grid(self._logits(part)) for part in parts]
        return np.concatenate(parts) if parts else np.empty(0)

    @abstractmethod
    def _logits(self, codes):
        """Log-odds of a chunk of rows, shape (n,), as precise as they come."""

    def changed_logits(self, codes, slots, combinations):
        """Log-odds of each row after each of some changes, shape (n, n_combinations).

        Parameters
        ----------
        codes : ndarray of shape (n, d)
        slots : CellEdits
            Single changes of each row.
        combinations : ndarray of shape (n_combinations, t)
            Which t slots to take together.
        """
        n_rows, n_combinations = len(codes), len(combinations)
        result = np.empty((n_rows, n_combinations))
        step = max(1, CHUNK // (self.blocks.n_columns * n_rows))
        for start in range(0, n_combinations, step):
            part = combinations[start : start + step]
            rows = np.repeat(np.arange(n_rows), len(part))
            changed = slots.apply(codes, rows, np.tile(part, (n_rows, 1)))
            result[:, start : start + step] = self.logits(changed).reshape(n_rows, -1)
        return result

    def gradient(self, p):
        """Log-odds of probabilities of shape (n, n_units), and their gradient."""
        raise TypeError(
            "A gradient needs a classifier that is a torch network; this one can only "
            "be evaluated. Use search='exact', 'beam' or 'auto'."
        )


class TorchModel(LogOddsModel):
    """A torch function of probabilities, evaluated in float64.

    Parameters
    ----------
    score : callable
        Maps probabilities (n, n_units) to log-odds (n,).
    n_categories : sequence of int
    split : pair, default=None
        The first layer, an `nn.Linear`, and a callable of all that follows. A changed
        cell then costs one addition instead of the first layer.
    device : str, default="cpu"
    """

    differentiable = True

    def __init__(self, score, n_categories, *, split=None, device="cpu"):
        super().__init__(n_categories)
        self.score, self.device = score, device
        self._table: Any = None
        if split is not None:
            self._split_off(*split)

    def _split_off(self, linear, rest):
        weight = linear.weight.detach().T
        means = [b.mean(dim=0) for b in weight.split(self.blocks.sizes)]
        # A column without categories has no mean, and no cell that could change.
        self._table = torch.cat([weight, torch.stack(means).nan_to_num()])
        self._bias = 0.0 if linear.bias is None else linear.bias.detach()
        self._rest = rest

    @torch.no_grad()
    def _logits(self, codes):
        if self._table is not None:
            return self._rest(self._first_layer(codes)).cpu().numpy()
        p = self.blocks.one_hot(torch.from_numpy(codes).to(self.device))
        return self.score(p).cpu().numpy()

    def _first_layer(self, codes):
        units = torch.from_numpy(self.blocks.units(codes)).to(self.device)
        return self._table[units].sum(dim=1) + self._bias

    @torch.no_grad()
    def changed_logits(self, codes, slots, combinations):
        """Log-odds of each row after each change; see the parent."""
        if self._table is None:
            return super().changed_logits(codes, slots, combinations)
        first, steps = self._first_layer(codes), self._first_layer_steps(codes, slots)
        index = torch.from_numpy(combinations).to(self.device)
        result = np.empty((len(codes), len(index)))
        n_hidden = first.shape[1]
        n_columns = max(1, min(len(index), CHUNK // n_hidden))
        n_rows = max(1, CHUNK // (n_columns * n_hidden))
        for i in range(0, len(codes), n_rows):
            for j in range(0, len(index), n_columns):
                hidden = first[i : i + n_rows, None]
                for slot in index[j : j + n_columns].T:
                    hidden = hidden + steps[i : i + n_rows].index_select(1, slot)
                z = self._rest(hidden.flatten(0, 1)).cpu().numpy()
                result[i : i + n_rows, j : j + n_columns] = z.reshape(len(hidden), -1)
        return _on_float32_grid(result)

    def _first_layer_steps(self, codes, slots):
        """What each slot adds to the first layer of each row, (n, n_slots, hidden)."""
        units = slots.units(codes, self.blocks)
        new, old = (torch.from_numpy(u).to(self.device) for u in units)
        return self._table[new] - self._table[old]

    def gradient(self, p):
        """Log-odds of probabilities of shape (n, n_units), and their gradient."""
        p = p.detach().requires_grad_()
        z = self.score(p)
        return z.detach(), torch.autograd.grad(z.sum(), p)[0]


class EstimatorModel(LogOddsModel):
    """An estimator that can only be evaluated.

    Parameters
    ----------
    decide : callable
        Maps what `encode` returns to log-odds of shape (n,).
    n_categories : sequence of int
    encode : callable
        Maps codes (n, d) to the rows that the estimator takes.
    """

    def __init__(self, decide, n_categories, encode):
        super().__init__(n_categories)
        self.decide, self.encode = decide, encode

    def _logits(self, codes):
        return np.asarray(self.decide(self.encode(codes)), dtype=np.float64)


def _on_float32_grid(values):
    return np.clip(values, -_LIMIT, _LIMIT).astype(np.float32).astype(np.float64)
