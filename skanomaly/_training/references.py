"""The training rows that a model keeps."""

import torch

__all__ = ["random_rows"]


def random_rows(X, n_rows):
    """Choose rows at random, at most all, in random order.

    Not by `random_state`: the choice hardly matters, but has to stay the same.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows to choose from.
    n_rows : int
        How many.

    Returns
    -------
    ndarray of shape (min(n_rows, n_samples), n_features)
        The rows.
    """
    generator = torch.Generator().manual_seed(len(X))
    return X[torch.randperm(len(X), generator=generator)[:n_rows].numpy()]
