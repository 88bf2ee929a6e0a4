"""Faces from the archive of their repository: square images of one size."""

import io
import warnings
import zipfile

import numpy as np

FACE_SIDE = 64
# Labels by the folder that an image is in.
FACE_FOLDERS = {"without_mask": 0, "with_mask": 1}
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


def read_faces(paths):
    """Return X and y of the faces in an archive, in the order of their names."""
    images, labels = [], []
    with zipfile.ZipFile(paths[0]) as archive:
        for name in sorted(archive.namelist()):
            folder = name.split("/")[-2] if "/dataset/" in name else ""
            if folder in FACE_FOLDERS and name.lower().endswith(IMAGE_SUFFIXES):
                images.append(_square(archive.read(name)))
                labels.append(FACE_FOLDERS[folder])
    return {"X": np.stack(images), "y": np.array(labels, dtype=np.uint8)}


def _square(content):
    """Decode an image, and scale the square in its middle."""
    with warnings.catch_warnings():
        # Of palettes with transparency, which is dropped.
        warnings.simplefilter("ignore", UserWarning)
        image = _import_pillow().open(io.BytesIO(content)).convert("RGB")
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    image = image.crop((left, top, left + side, top + side))
    # 1 is Lanczos' filter. Another one would give other values, and another checksum.
    return np.asarray(image.resize((FACE_SIDE, FACE_SIDE), resample=1))


def _import_pillow():
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "pillow is needed to decode the images: pip install skanomaly[data]"
        ) from error
    return Image
