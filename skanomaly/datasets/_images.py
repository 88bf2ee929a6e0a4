"""Sets of images, downloaded once and then read from disk."""

from __future__ import annotations

from os import PathLike
from typing import Any, Literal

import numpy as np

from skanomaly.datasets import _registry as registry
from skanomaly.datasets._docstrings import documented
from skanomaly.datasets._fetch import make_bunch
from skanomaly.datasets._store import PARTS, get_data_home, load, read
from skanomaly.utils._warn import warn_user

KEYS = [f"{kind}_{part}" for part in PARTS for kind in "Xy"]


@documented
def fetch_mnist(
    *,
    subset: Literal["train", "test", "all"] = "train",
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load MNIST, handwritten digits: 60000 training and 10000 test images.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Which images; "all" is train followed by test.
    {cache_parameters}
    {return_X_y}
    {as_frame}

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With attributes:

        - `data` : ndarray or DataFrame of shape (n_samples, 784), uint8, 0 to 255.
        - `target` : ndarray or Series of shape (n_samples,), int64, the digit.
        - `image_shape` : (1, 28, 28), channels, height and width of a row.
        - `frame` : DataFrame of data and target, None unless `as_frame`.
        - `feature_names` : list of str, "pixel0", "pixel1", ...
        - `target_names` : list of str.
        - `DESCR` : str, with source and licence.

    See Also
    --------
    one_vs_rest : Makes an anomaly detection task from it.

    Notes
    -----
    The file is ``images/mnist.npz`` in the data home, with the arrays `X_train`,
    `y_train`, `X_test` and `y_test`. The values are compared by SHA-256 with those of
    a known copy whenever the file is read.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
    document recognition", Proceedings of the IEEE 86(11), 1998, doi:10.1109/5.726791.

    Examples
    --------
    >>> from skanomaly.datasets import fetch_mnist
    >>> X, digit = fetch_mnist(subset="test", return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (10000, 784)
    """
    X, y = _load_images("mnist", subset, data_home, download_if_missing)
    return image_bunch("mnist", X, y, return_X_y, as_frame)


@documented
def fetch_fashion_mnist(
    *,
    subset: Literal["train", "test", "all"] = "train",
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load Fashion-MNIST, pictures of clothes: 60000 training and 10000 test images.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Which images; "all" is train followed by test.
    {cache_parameters}
    {return_X_y}
    {as_frame}

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes of :func:`fetch_mnist`: `data` of shape (n_samples, 784),
        `image_shape` (1, 28, 28), and `target` 0 to 9 for the kinds of clothing listed
        in `target_names`.

    See Also
    --------
    fetch_mnist : The same format.
    one_vs_rest : Makes an anomaly detection task from it.

    Notes
    -----
    The file is ``images/fashion_mnist.npz`` in the data home, in the format of MNIST's.

    References
    ----------
    H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: A novel image dataset for
    benchmarking machine learning algorithms", 2017, arXiv:1708.07747.

    Examples
    --------
    >>> from skanomaly.datasets import fetch_fashion_mnist
    >>> fetch_fashion_mnist().target_names[0]  # doctest: +SKIP
    'T-shirt/top'
    """
    X, y = _load_images("fashion_mnist", subset, data_home, download_if_missing)
    return image_bunch("fashion_mnist", X, y, return_X_y, as_frame)


@documented
def fetch_cifar10(
    *,
    subset: Literal["train", "test", "all"] = "train",
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load CIFAR-10, photographs: 50000 training and 10000 test images in colour.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Which images; "all" is train followed by test.
    {cache_parameters}
    {return_X_y}
    {as_frame}

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes of :func:`fetch_mnist`: `data` of shape (n_samples, 3072) in
        channel-first order (all red, all green, all blue), `image_shape` (3, 32, 32),
        and `target` 0 to 9 for the kinds of objects listed in `target_names`.

    Warns
    -----
    UserWarning
        If only ``images/cifar10_subset.npz`` is there: a subset decoded from JPEG
        copies, which is read instead. `DESCR` says so too.

    See Also
    --------
    fetch_mnist : The same format, in grey.
    one_vs_rest : Makes an anomaly detection task from it.

    Notes
    -----
    The file is ``images/cifar10.npz`` in the data home, in the format of MNIST's, with
    images of shape (32, 32, 3). There was no copy to compute a checksum from: a
    download is trusted, and its checksum kept beside it. It is the binary version,
    which holds no pickle.

    References
    ----------
    A. Krizhevsky, "Learning multiple layers of features from tiny images", technical
    report, University of Toronto, 2009.

    Examples
    --------
    >>> from skanomaly.datasets import fetch_cifar10
    >>> fetch_cifar10(subset="test").image_shape  # doctest: +SKIP
    (3, 32, 32)
    """
    home, path = get_data_home(data_home), registry.image_file("cifar10").path
    part_of_it = home / registry.CIFAR10_SUBSET
    if (home / path).exists() or not part_of_it.exists():
        X, y = _load_images("cifar10", subset, data_home, download_if_missing)
        return image_bunch("cifar10", X, y, return_X_y, as_frame)
    warn_user(
        f"{path} is missing, so {part_of_it} is read: a subset of CIFAR-10 decoded "
        "from JPEG copies, not pixel-identical to CIFAR-10. Move it away to have "
        "CIFAR-10 downloaded."
    )
    X, y = _stack(_parts(subset), read(part_of_it, KEYS))
    key = "subset_description"
    return image_bunch("cifar10", X, y, return_X_y, as_frame, key)


def _load_images(name, subset, data_home, download_if_missing):
    """Return images and labels of a subset, as they are in the file."""
    parts, file = _parts(subset), registry.image_file(name)
    return _stack(parts, load(file, KEYS, data_home, download_if_missing))


def _parts(subset):
    if subset not in (*PARTS, "all"):
        raise ValueError(f"subset={subset!r}: give 'train', 'test' or 'all'.")
    return PARTS if subset == "all" else (subset,)


def _stack(parts, arrays):
    """Return X and y of some parts, concatenated."""
    X, y = (
        np.concatenate([arrays[f"{kind}_{part}"] for part in parts]) for kind in "Xy"
    )
    return X, y.astype(np.int64)


def image_bunch(name, X, y, return_X_y, as_frame, description="description"):
    """Flatten images of shape (n, height, width) or (n, height, width, 3)."""
    source = registry.IMAGES[name]
    X = np.moveaxis(X, -1, 1) if X.ndim == 4 else X[:, None]
    attributes = {
        "image_shape": X.shape[1:],
        "feature_names": [f"pixel{j}" for j in range(np.prod(X.shape[1:]))],
        "target_names": list(source["target_names"]),
        "DESCR": source[description].format(n_rows=len(X)),
    }
    X = np.ascontiguousarray(X).reshape(len(X), -1)
    return make_bunch(X, y, return_X_y, as_frame, attributes)
