"""Faces with and without masks, downloaded once and then read from disk."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np

from skanomaly.datasets import _registry as registry
from skanomaly.datasets._docstrings import documented
from skanomaly.datasets._images import image_bunch
from skanomaly.datasets._store import load


@documented
def fetch_face_masks(
    *,
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load photographs of 1930 faces, normal, and of 2164 with a mask, anomalies.

    Parameters
    ----------
    {cache_parameters}
    {return_X_y}
    {as_frame}

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes of :func:`fetch_mnist`: `data` of shape (4094, 12288), uint8
        in channel-first order (all red, all green, all blue), `image_shape`
        (3, 64, 64), and `target`, 1 = face with a mask (anomaly). `target_names` are
        "face" and "face with mask".

    See Also
    --------
    fetch_mnist : Images with their classes.

    Notes
    -----
    The file is ``images/face_masks_64.npz`` in the data home, with the arrays `X` and
    `y`. A download is an archive of about 60 MB; of each photograph the square in its
    middle is scaled to 64 x 64 pixels (Lanczos), which needs pillow, and the values
    are compared by SHA-256 with those of a known copy.

    There are 104 exact duplicates (53 faces, 51 with masks), each with the label of
    its original. Others are nearly equal: 260 files are augmented copies, frames of
    one person follow each other. A random split has such images on both sides;
    ``numpy.unique(data, axis=0)`` removes the exact ones. Labels are those of the
    folders upstream and a little noisy: some images are drawings, or show several
    faces.

    References
    ----------
    C. Deb, "Face Mask Detection", 2020, github.com/chandrikadeb7/Face-Mask-Detection.

    Examples
    --------
    >>> from skanomaly.datasets import fetch_face_masks
    >>> faces = fetch_face_masks()  # doctest: +SKIP
    >>> faces.data.shape, faces.image_shape  # doctest: +SKIP
    ((4094, 12288), (3, 64, 64))
    """
    file = registry.image_file("face_masks_64")
    arrays = load(file, ("X", "y"), data_home, download_if_missing)
    X, y = arrays["X"], arrays["y"].astype(np.int64)
    return image_bunch("face_masks_64", X, y, return_X_y, as_frame)
