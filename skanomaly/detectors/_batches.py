"""Training rows as one tensor, and batches sliced from it."""

from typing import Any

import torch
from torch.utils.data import Dataset, Subset

__all__ = ["HoldOut", "Rows", "TensorBatches", "batch_sizes"]


class Rows(Dataset):
    """The training rows as one tensor; a row is its own target.

    Parameters
    ----------
    X : tensor or ndarray of shape (n_samples, n_features)
        The rows; a tensor shares their memory.
    y : None
        Ignored: skorch passes it.
    """

    def __init__(self, X, y=None):
        self.X = self.y = torch.as_tensor(X)

    def __len__(self):
        return len(self.X)

    def __getitem__(self, index):
        return self.X[index], self.X[index]


class TensorBatches:
    """Iterate over batches sliced from the tensor of a `Rows` data set.

    The rows of a `Subset` are gathered through its indices, so that a hold-out costs no
    copy. A last batch of one row is joined to the one before it: batch normalisation
    cannot train on a single row.

    Parameters
    ----------
    dataset : Rows or Subset of Rows
        What to iterate over.
    batch_size : int, default=128
        Rows in a batch.
    shuffle : bool, default=False
        Whether every pass takes a new order.
    drop_last : bool, default=False
        Whether to leave out a last batch that is not full (unless it is the only one).
    generator : torch.Generator, default=None
        Source of the order; None is torch's global one.
    """

    def __init__(
        self, dataset, batch_size=128, shuffle=False, drop_last=False, generator=None
    ):
        self.indices = None
        if isinstance(dataset, Subset):
            self.indices = torch.as_tensor(dataset.indices)
            dataset = dataset.dataset
        self.rows = dataset.X
        self.n_rows = len(self.rows) if self.indices is None else len(self.indices)
        self.shuffle, self.generator = shuffle, generator
        self.sizes = batch_sizes(self.n_rows, batch_size, drop_last)

    def __len__(self):
        return len(self.sizes)

    def __iter__(self):
        order = self._order()
        n_used = sum(self.sizes)
        if order is None:
            batches = self.rows[:n_used].split(self.sizes)
        else:
            order = order[:n_used].to(self.rows.device)
            batches = (self.rows.index_select(0, i) for i in order.split(self.sizes))
        for x in batches:
            yield x, x

    def _order(self):
        if not self.shuffle:
            return self.indices
        order = torch.randperm(self.n_rows, generator=self.generator)
        return order if self.indices is None else self.indices[order]


def batch_sizes(n_rows, batch_size, drop_last):
    """Sizes of the batches of a pass."""
    n_full, rest = divmod(n_rows, batch_size)
    sizes = [batch_size] * n_full
    if rest == 1 and sizes and not drop_last:
        sizes[-1] += 1
    elif rest and not (drop_last and sizes):
        sizes.append(rest)
    return sizes


class HoldOut:
    """Split off a random part of the rows, for skorch's `train_split`.

    Parameters
    ----------
    n_valid : int
        Rows to hold out.
    seed : int
        Which rows.
    """

    def __init__(self, n_valid, seed):
        self.n_valid, self.seed = n_valid, seed

    def __call__(self, dataset, y=None):
        """Return the training part and the held-out part."""
        generator = torch.Generator().manual_seed(self.seed)
        order: Any = torch.randperm(len(dataset), generator=generator).numpy()
        return (
            Subset(dataset, order[self.n_valid :]),
            Subset(dataset, order[: self.n_valid]),
        )
