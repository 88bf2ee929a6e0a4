"""Faces: reading their file, and making it from the archive of their repository."""

import io
import sys
import zipfile

import numpy as np
import pytest

from skanomaly.datasets import _registry, fetch_face_masks
from skanomaly.datasets._store import checksum

Image = pytest.importorskip("PIL.Image")

SOURCE = _registry.IMAGES["face_masks_64"]


def png(values):
    """Encode an image."""
    content = io.BytesIO()
    Image.fromarray(values).save(content, format="png")
    return content.getvalue()


def wide_image(rng):
    """An image of 64 x 100 whose square in the middle starts in column 18."""
    return rng.integers(0, 256, size=(64, 100, 3), dtype=np.uint8)


@pytest.fixture
def archive(server, any_values, monkeypatch):
    """Serve an archive of three images among other files; return the images."""
    folder, url = server
    monkeypatch.setitem(SOURCE, "origin", url)
    images = [wide_image(np.random.default_rng(seed)) for seed in range(3)]
    names = ["without_mask/b.png", "with_mask/é.JPG", "without_mask/a.png"]
    with zipfile.ZipFile(folder / SOURCE["files"][0], "w") as file:
        for name, image in zip(names, images, strict=True):
            file.writestr(f"faces-main/dataset/{name}", png(image))
        file.writestr("faces-main/dataset/with_mask/", b"")
        file.writestr("faces-main/dataset/with_mask/c.jpg_1088Wx1632H", b"no image")
        file.writestr("faces-main/examples/with_mask/d.png", png(images[0]))
    return images


def test_the_archive_becomes_the_npz_file(archive, tmp_path):
    faces = fetch_face_masks(data_home=tmp_path)
    assert faces.target.tolist() == [1, 0, 0]  # in the order of the names
    assert faces.image_shape == (3, 64, 64) and faces.data.dtype == np.uint8
    for row, i in zip(faces.data, (1, 2, 0), strict=True):
        square = archive[i][:, 18:82]  # of the right size: no pixel is changed
        assert (row.reshape(faces.image_shape).transpose(1, 2, 0) == square).all()
    with np.load(tmp_path / "images" / "face_masks_64.npz") as saved:
        assert saved["X"].shape == (3, 64, 64, 3) and saved["y"].tolist() == [1, 0, 0]


def test_without_pillow_the_extra_is_named(archive, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"pillow.*pip install skanomaly\[data\]"):
        fetch_face_masks(data_home=tmp_path)
    assert list((tmp_path / "images").iterdir()) == []


def test_frames_and_pairs(archive, tmp_path):
    frame = fetch_face_masks(data_home=tmp_path, as_frame=True).frame
    assert frame.shape == (3, 12289) and frame["target"].sum() == 1
    X, y = fetch_face_masks(data_home=tmp_path, return_X_y=True)
    assert X.shape == (3, 12288) and y.dtype == np.int64


def test_real_faces_are_those_known(real_data):
    path = real_data / "images" / "face_masks_64.npz"
    if not path.exists():
        pytest.skip("no images/face_masks_64.npz in the data home")
    faces = fetch_face_masks(data_home=real_data)
    with np.load(path) as arrays:
        assert checksum(dict(arrays)) == SOURCE["checksum"]
    assert np.bincount(faces.target).tolist() == [1930, 2164]
    for words in ("4094 photographs", "104 are exact duplicates", "noisy", "MIT"):
        assert words in faces.DESCR
    distinct = {
        (row.tobytes(), y) for row, y in zip(faces.data, faces.target, strict=True)
    }
    assert len({row for row, _ in distinct}) == len(distinct) == 4094 - 104
