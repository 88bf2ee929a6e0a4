"""Training rows as one tensor, and batches sliced from it."""

from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, Subset

from skanomaly.utils._seeds import spawn_seeds

__all__ = ["HoldOut", "MemberBatches", "Rows", "TensorBatches", "batch_sizes"]

# Bytes of rows that are gathered at once: dozens of batches of a narrow table, a few of
# images. To gather every batch by itself takes a twentieth of a small network's step.
GATHERED_BYTES = 2**18
# Alignment of torch's tensors in bytes: matrix products may differ in the last bits for
# rows that begin elsewhere.
ALIGNMENT = 64


class Rows(Dataset):
    """The training rows as one tensor, and their context beside it.

    A batch is its own target: models return the loss of each row. Without context it is
    the rows alone; with it a dict of ``x`` and ``context``, with which the module is
    called by keyword.

    Parameters
    ----------
    X : tensor or ndarray of shape (n_samples, n_features)
        The rows; a tensor shares their memory.
    context : tensor or ndarray of shape (n_samples, ...), default=None
        Label, class or condition of each row.
    """

    def __init__(self, X, context=None):
        given = [X] if context is None else [X, context]
        self.tensors = [torch.as_tensor(tensor) for tensor in given]
        self.X = self.tensors[0]

    def __len__(self):
        return len(self.X)

    def __getitem__(self, index):
        item = batch_of(*(tensor[index] for tensor in self.tensors))
        return item, item


def batch_of(x, context=None):
    """Rows as a module takes them: alone, or by name beside their context."""
    return x if context is None else {"x": x, "context": context}


class TensorBatches:
    """Iterate over batches sliced from the tensors of a `Rows` data set.

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
        self.tensors = dataset.tensors
        self.n_rows = len(dataset) if self.indices is None else len(self.indices)
        self.shuffle, self.generator = shuffle, generator
        self.sizes = batch_sizes(self.n_rows, batch_size, drop_last)
        self.n_gathered = self._n_gathered()

    def __len__(self):
        return len(self.sizes)

    def __iter__(self):
        order, end = self._order(), 0
        if order is not None:
            order = order.to(self.tensors[0].device)
        for i in range(0, len(self.sizes), self.n_gathered):
            sizes = self.sizes[i : i + self.n_gathered]
            start, end = end, end + sum(sizes)
            parts = [t.split(sizes) for t in self._gathered(order, start, end)]
            for tensors in zip(*parts, strict=True):
                batch = batch_of(*tensors)
                yield batch, batch

    def _gathered(self, order, start, end):
        if order is None:
            return [tensor[start:end] for tensor in self.tensors]
        return [tensor.index_select(0, order[start:end]) for tensor in self.tensors]

    def _n_gathered(self):
        """Batches whose rows are gathered at once, at least one."""
        n_rows = max(self.sizes, default=0)
        n_bytes = [n_rows * tensor[:1].nbytes for tensor in self.tensors]
        if any(n % ALIGNMENT for n in n_bytes):
            return 1
        return max(1, GATHERED_BYTES // max(1, sum(n_bytes)))

    def _order(self):
        if not self.shuffle:
            return self.indices
        order = torch.randperm(self.n_rows, generator=self.generator)
        return order if self.indices is None else self.indices[order]


class MemberBatches(TensorBatches):
    """Batches for the members of an ensemble, for each in an order of its own.

    A batch has the shape (n_rows, n_members, n_columns): the rows stay in front, where
    skorch counts them. In memory the rows of a member lie side by side.

    Parameters
    ----------
    dataset : Rows or Subset of Rows
        What to iterate over.
    batch_size, shuffle, drop_last
        As in `TensorBatches`.
    generator : sequence of torch.Generator
        Source of the order of each member.
    bootstrap : bool, default=False
        Whether every member has a sample of its own, drawn with replacement and as
        large as the data set, in place of all rows.
    """

    def __init__(
        self,
        dataset,
        batch_size=128,
        shuffle=False,
        drop_last=False,
        generator=(),
        bootstrap=False,
    ):
        super().__init__(dataset, batch_size, shuffle, drop_last)
        self.generators = list(generator)
        self.samples = [self._sample(g) if bootstrap else None for g in self.generators]

    def __iter__(self):
        order = torch.stack([self._member_order(k) for k in range(len(self.samples))])
        order = order[:, : sum(self.sizes)].to(self.tensors[0].device)
        for index in order.split(self.sizes, dim=1):
            batch = batch_of(*(_of_members(t, index) for t in self.tensors))
            yield batch, batch

    def _sample(self, generator):
        """Draw the rows of a member: the same ones when training continues."""
        (seed,) = spawn_seeds(generator.initial_seed(), 1)
        own = torch.Generator().manual_seed(seed)
        return torch.randint(self.n_rows, (self.n_rows,), generator=own)

    def _member_order(self, k):
        order = torch.arange(self.n_rows)
        if self.shuffle:
            order = torch.randperm(self.n_rows, generator=self.generators[k])
        for index in (self.samples[k], self.indices):
            if index is not None:
                order = index[order]
        return order


def _of_members(tensor, index):
    """Gather for each member (first dimension of `index`) its own rows."""
    rows = tensor.index_select(0, index.reshape(-1))
    return rows.view(*index.shape, *tensor.shape[1:]).transpose(0, 1)


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
        Source of the choice.
    """

    def __init__(self, n_valid, seed):
        self.n_valid, self.seed = n_valid, seed

    def __call__(self, dataset, y=None):
        """Return the training part and the held-out part."""
        generator = torch.Generator().manual_seed(self.seed)
        order: Any = torch.randperm(len(dataset), generator=generator).numpy()
        if isinstance(dataset, Subset):  # `TensorBatches` looks through one alone
            order, dataset = np.asarray(dataset.indices)[order], dataset.dataset
        return (
            Subset(dataset, order[self.n_valid :]),
            Subset(dataset, order[: self.n_valid]),
        )


def rows_tensor(X):
    """Rows as a tensor, without a copy where torch can gather from them."""
    if isinstance(X, torch.Tensor):
        return X
    return torch.from_numpy(np.require(X, requirements=["C", "W"]))
