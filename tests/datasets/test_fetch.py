"""Reading data files, and downloading those that are missing."""

import gzip
import io
import shutil
import sys
import tarfile

import numpy as np
import pandas as pd
import pytest

from skanomaly import datasets
from skanomaly.datasets import (
    _registry,
    fetch_adbench,
    fetch_cifar10,
    fetch_face_masks,
    fetch_fashion_mnist,
    fetch_mnist,
)
from skanomaly.datasets._store import checksum, get_data_home

# See the fixture `server`.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

CHECKSUMS = _registry.ADBENCH["checksums"]
IDX_FILES = _registry.IMAGES["mnist"]["files"]
IMAGES = {"mnist": fetch_mnist, "fashion_mnist": fetch_fashion_mnist}
FETCHERS = [
    lambda **options: fetch_adbench("wine", **options),
    fetch_mnist,
    fetch_fashion_mnist,
    fetch_cifar10,
    fetch_face_masks,
]


def images(n_train=8, n_test=5, shape=(28, 28)):
    """Make the arrays of an image file; the label is the first pixel."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, n in (("train", n_train), ("test", n_test)):
        arrays[f"X_{part}"] = rng.integers(0, 256, size=(n, *shape), dtype=np.uint8)
        arrays[f"y_{part}"] = np.arange(n, dtype=np.uint8)
        arrays[f"X_{part}"][:, 0, 0] = np.arange(n).reshape(-1, *[1] * (len(shape) - 2))
    return arrays


def save(home, path, **arrays):
    (home / path).parent.mkdir(parents=True, exist_ok=True)
    np.savez(home / path, **arrays)


def idx(values):
    """Write an array in the format of MNIST's files."""
    axes = np.array(values.shape, ">i4").tobytes()
    return gzip.compress(bytes([0, 0, 8, values.ndim]) + axes + values.tobytes())


# Reading -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["10_cover", "cover", "COVER", "10_Cover"])
@pytest.mark.usefixtures("any_values")
def test_a_name_may_lack_its_number_and_be_in_any_case(tmp_path, name):
    save(tmp_path, "adbench/10_cover.npz", X=np.eye(4, 3), y=np.array([0, 1, 0, 0]))
    assert fetch_adbench(name, data_home=tmp_path).data.shape == (4, 3)


def test_short_names_are_unique():
    short = {name.partition("_")[2].lower() for name in CHECKSUMS}
    assert len(short) == len(CHECKSUMS) == 47


@pytest.mark.parametrize("name", ["covr", "", "10", 10, None])
def test_an_unknown_name_lists_the_names(name, tmp_path):
    with pytest.raises(ValueError, match=r"name=.*10_cover.*47_yeast"):
        fetch_adbench(name, data_home=tmp_path)


@pytest.mark.usefixtures("any_values")
def test_bunch_of_a_table(tmp_path):
    X = np.arange(12, dtype=np.uint8).reshape(4, 3)
    save(tmp_path, "adbench/45_wine.npz", X=X, y=np.array([0, 1, 0, 0], np.uint8))
    wine = fetch_adbench("wine", data_home=tmp_path)
    assert (wine.data == X).all() and wine.data.dtype == np.float64
    assert wine.target.tolist() == [0, 1, 0, 0] and wine.target.dtype == np.int64
    assert wine.feature_names == ["x0", "x1", "x2"]
    assert wine.target_names == ["normal", "anomaly"]
    assert wine.frame is None
    for word in ("45_wine", "4 rows", "3 columns", "1 anomalies", "25.00%", "BSD"):
        assert word in wine.DESCR


@pytest.mark.usefixtures("any_values")
def test_frames_and_pairs(tmp_path):
    X, y = np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 0])
    save(tmp_path, "adbench/45_wine.npz", X=X, y=y)
    wine = fetch_adbench("wine", data_home=tmp_path, as_frame=True)
    assert isinstance(wine.data, pd.DataFrame) and isinstance(wine.target, pd.Series)
    assert list(wine.frame.columns) == ["x0", "x1", "x2", "target"]
    assert (wine.frame["target"] == y).all()
    data, target = fetch_adbench("wine", data_home=tmp_path, return_X_y=True)
    assert (data == X).all() and (target == y).all()
    data, _ = fetch_adbench("wine", data_home=tmp_path, return_X_y=True, as_frame=True)
    assert isinstance(data, pd.DataFrame)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.usefixtures("any_values")
def test_bunch_of_grey_images(tmp_path, name):
    arrays = images()
    save(tmp_path, f"images/{name}.npz", **arrays)
    fetch = IMAGES[name]
    train, test, both = (
        fetch(data_home=tmp_path, subset=s) for s in ("train", "test", "all")
    )
    assert fetch(data_home=tmp_path).data.shape == train.data.shape == (8, 784)
    assert (train.data.reshape(8, 28, 28) == arrays["X_train"]).all()
    assert train.data.dtype == np.uint8 and train.target.dtype == np.int64
    assert train.image_shape == (1, 28, 28)
    assert (both.data == np.concatenate([train.data, test.data])).all()
    assert (both.target == np.concatenate([train.target, test.target])).all()
    assert len(train.target_names) == 10
    assert "Source" in train.DESCR
    frame = fetch(data_home=tmp_path, subset="test", as_frame=True).frame
    assert frame.shape == (5, 785)


def test_colour_images_are_rows_in_channel_first_order(tmp_path):
    arrays = images(shape=(32, 32, 3))
    save(tmp_path, "images/cifar10.npz", **arrays)
    cifar = fetch_cifar10(data_home=tmp_path)
    assert cifar.image_shape == (3, 32, 32)
    back = cifar.data.reshape(-1, *cifar.image_shape)
    for channel in range(3):
        assert (back[:, channel] == arrays["X_train"][..., channel]).all()


def test_the_subset_of_cifar10_is_a_stopgap_that_says_so(tmp_path):
    save(tmp_path, "images/cifar10_subset.npz", **images(shape=(32, 32, 3)))
    with pytest.warns(UserWarning, match="not pixel-identical"):
        cifar = fetch_cifar10(data_home=tmp_path)
    assert "NOT pixel-identical" in cifar.DESCR and "8 photographs" in cifar.DESCR
    save(tmp_path, "images/cifar10.npz", **images(n_train=9, shape=(32, 32, 3)))
    cifar = fetch_cifar10(data_home=tmp_path)
    assert len(cifar.data) == 9 and "pixel-identical" not in cifar.DESCR


@pytest.mark.parametrize("fetch", [fetch_mnist, fetch_fashion_mnist, fetch_cifar10])
def test_subset_is_checked(tmp_path, fetch):
    with pytest.raises(ValueError, match="subset='valid'"):
        fetch(subset="valid", data_home=tmp_path)


def test_argument_before_environment_before_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SKANOMALY_DATA", str(tmp_path / "variable"))
    assert get_data_home(tmp_path / "argument") == tmp_path / "argument"
    assert get_data_home(str(tmp_path / "argument")) == tmp_path / "argument"
    assert get_data_home() == tmp_path / "variable"
    monkeypatch.setenv("SKANOMALY_DATA", "")
    assert get_data_home() == tmp_path / "home" / "skanomaly_data"
    monkeypatch.delenv("SKANOMALY_DATA")
    assert get_data_home() == tmp_path / "home" / "skanomaly_data"
    assert get_data_home("~/there") == tmp_path / "home" / "there"


@pytest.mark.parametrize(
    "content", [b"", b"no zip", {"X": np.eye(2)}, {"X": np.eye(2), "y": [{}, None]}]
)
def test_a_damaged_file_or_one_with_pickles_is_named(tmp_path, content):
    path = tmp_path / "adbench" / "45_wine.npz"
    path.parent.mkdir()
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content["y"] = np.array(content.get("y"), dtype=object)
        np.savez(path, **content)
    with pytest.raises(OSError, match=r"45_wine\.npz is damaged.*X, y"):
        fetch_adbench("wine", data_home=tmp_path)


# Downloading -------------------------------------------------------------------------


@pytest.mark.parametrize("fetch", FETCHERS)
def test_a_missing_file_says_which_where_and_what_to_do(tmp_path, fetch):
    with pytest.raises(OSError, match="download_if_missing=False") as caught:
        fetch(data_home=tmp_path, download_if_missing=False)
    message = str(caught.value)
    for words in (str(tmp_path), ".npz", "by hand", "SKANOMALY_DATA", "https://"):
        assert words in message
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_downloaded_once(server, tmp_path, monkeypatch):
    folder, url = server
    monkeypatch.setitem(_registry.ADBENCH, "origin", url)
    X, y = np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 0])
    monkeypatch.setitem(CHECKSUMS, "45_wine", checksum({"X": X, "y": y}))
    np.savez_compressed(folder / "45_wine.npz", X=X.astype(np.int16), y=y[:, None])
    home = tmp_path / "new" / "home"
    assert (fetch_adbench("wine", data_home=home).data == X).all()
    (folder / "45_wine.npz").unlink()
    assert (fetch_adbench("wine", data_home=home).target == y).all()
    assert [p.name for p in (home / "adbench").iterdir()] == ["45_wine.npz"]


def test_other_values_than_known_are_refused_and_nothing_stays(
    server, tmp_path, monkeypatch
):
    folder, url = server
    monkeypatch.setitem(_registry.ADBENCH, "origin", url)
    np.savez(folder / "45_wine.npz", X=np.eye(3), y=np.arange(3))
    with pytest.raises(OSError, match=r"adbench/45_wine\.npz.*values differ"):
        fetch_adbench("wine", data_home=tmp_path / "home")
    assert list((tmp_path / "home" / "adbench").iterdir()) == []


def test_a_table_without_a_known_copy_is_trusted(server, tmp_path, monkeypatch):
    folder, url = server
    monkeypatch.setitem(_registry.ADBENCH, "origin", url)
    np.savez(folder / "36_speech.npz", X=np.eye(3), y=np.array([0, 0, 1]))
    for _ in range(2):
        speech = fetch_adbench("speech", data_home=tmp_path)
        assert speech.target.tolist() == [0, 0, 1]
    # The second time it is compared with what came the first time.
    np.savez(tmp_path / "adbench/36_speech.npz", X=np.eye(3), y=np.array([0, 1, 1]))
    with pytest.raises(OSError, match=r"36_speech\.npz is damaged.*Delete it"):
        fetch_adbench("speech", data_home=tmp_path)


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:1/", None], ids=["offline", "not found"]
)
def test_failures_of_the_net_are_explained(server, tmp_path, monkeypatch, origin):
    monkeypatch.setitem(_registry.ADBENCH, "origin", origin or server[1])
    with pytest.raises(OSError, match=r"adbench/45_wine\.npz is not in") as caught:
        fetch_adbench("wine", data_home=tmp_path)
    assert "downloading http://127.0.0.1" in str(caught.value)
    assert "SKANOMALY_DATA" in str(caught.value)
    assert list((tmp_path / "adbench").iterdir()) == []


def test_downloads_that_are_no_data_are_explained(server, tmp_path, monkeypatch):
    folder, url = server
    for source in (_registry.ADBENCH, *_registry.IMAGES.values()):
        monkeypatch.setitem(source, "origin", url)
    page = b"<html>This is a login page.</html>"
    for content in (b"", page, gzip.compress(page), gzip.compress(b"")):
        for name in ("45_wine.npz", *IDX_FILES, "cifar-10-binary.tar.gz"):
            (folder / name).write_bytes(content)
        for fetch in (FETCHERS[0], fetch_mnist, fetch_cifar10):
            with pytest.raises(OSError, match="by hand"):
                fetch(data_home=tmp_path)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.usefixtures("any_values")
def test_idx_files_become_the_npz_file(server, tmp_path, monkeypatch, name):
    folder, url = server
    arrays = images()
    monkeypatch.setitem(_registry.IMAGES[name], "origin", url)
    keys = ("X_train", "y_train", "X_test", "y_test")
    for key, file in zip(keys, IDX_FILES, strict=True):
        (folder / file).write_bytes(idx(arrays[key]))
    fetched = IMAGES[name](subset="test", data_home=tmp_path)
    assert (fetched.data.reshape(-1, 28, 28) == arrays["X_test"]).all()
    assert (fetched.target == arrays["y_test"]).all()
    with np.load(tmp_path / "images" / f"{name}.npz") as saved:
        assert all((saved[key] == arrays[key]).all() for key in keys)


def test_the_archive_of_cifar10_becomes_the_npz_file(server, tmp_path, monkeypatch):
    folder, url = server
    monkeypatch.setitem(_registry.IMAGES["cifar10"], "origin", url)
    rng = np.random.default_rng(0)
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    records = rng.integers(0, 256, size=(6, 4, 3073), dtype=np.uint8)
    records[..., 0] = np.arange(24).reshape(6, 4)
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
        for name, content in zip(names, records, strict=True):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = content.size
            archive.addfile(member, io.BytesIO(content.tobytes()))
    cifar = fetch_cifar10(subset="all", data_home=tmp_path)
    assert (cifar.target == np.arange(24)).all()
    # Upstream's rows are channel-first already: the way through the file changes none.
    assert (cifar.data == records.reshape(24, -1)[:, 1:]).all()
    with np.load(tmp_path / "images" / "cifar10.npz") as saved:
        assert saved["X_train"].shape == (20, 32, 32, 3)


@pytest.mark.usefixtures("any_values")
def test_without_pooch_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"pip install skanomaly\[data\]"):
        fetch_adbench("wine", data_home=tmp_path)
    save(tmp_path, "adbench/45_wine.npz", X=np.eye(2), y=np.arange(2))
    assert fetch_adbench("wine", data_home=tmp_path).data.shape == (2, 2)


def test_the_checksum_is_of_values_and_shapes():
    X, y = np.arange(6).reshape(2, 3), np.array([0, 1])
    known = checksum({"X": X, "y": y})
    assert checksum({"y": y.astype(np.uint8), "X": np.asfortranarray(X * 1.0)}) == known
    assert checksum({"X": -0.0 * X + X, "y": y}) == known
    assert checksum({"X": X.reshape(3, 2), "y": y}) != known
    assert checksum({"X": X, "y": y[::-1]}) != known
    assert checksum({"X": X + 1e-12, "y": y}) != known


# Real files --------------------------------------------------------------------------


def test_real_tables_are_those_known(real_data):
    names = [n for n, known in CHECKSUMS.items() if known]
    there = [n for n in names if (real_data / "adbench" / f"{n}.npz").exists()]
    assert there
    for name in there:
        X, y = fetch_adbench(name, data_home=real_data, return_X_y=True)
        assert checksum({"X": X, "y": y}) == CHECKSUMS[name]
        assert np.unique(y).tolist() == [0, 1] and y.mean() < 0.5


def test_a_real_table(real_data):
    cardio = fetch_adbench("Cardio", data_home=real_data)
    assert cardio.data.shape == (1831, 21) and cardio.target.sum() == 176


@pytest.mark.parametrize("name", IMAGES)
def test_real_images(real_data, name):
    if not (real_data / "images" / f"{name}.npz").exists():
        pytest.skip(f"no images/{name}.npz in the data home")
    test = IMAGES[name](subset="test", data_home=real_data)
    assert test.data.shape == (10_000, 784)
    assert np.unique(test.target).tolist() == list(range(10))
    mean = {"mnist": 33.79, "fashion_mnist": 73.15}[name]
    assert test.data.mean() == pytest.approx(mean, abs=0.01)


def test_real_images_in_colour(real_data):
    if not (real_data / "images" / "cifar10_subset.npz").exists():
        pytest.skip("no images/cifar10_subset.npz in the data home")
    if (real_data / "images" / "cifar10.npz").exists():
        pytest.skip("images/cifar10.npz comes before the subset")
    with pytest.warns(UserWarning, match="subset of CIFAR-10"):
        test = fetch_cifar10(subset="test", data_home=real_data)
    # Ships are photographed against sky and water: more blue than red.
    ships = test.data[test.target == test.target_names.index("ship")]
    red, _, blue = ships.reshape(-1, *test.image_shape).mean(axis=(0, 2, 3))
    assert blue > red


def test_a_downloaded_copy_equals_the_real_one(
    real_data, server, tmp_path, monkeypatch
):
    folder, url = server
    monkeypatch.setitem(_registry.ADBENCH, "origin", url)
    shutil.copy(real_data / "adbench" / "45_wine.npz", folder)
    fetched = fetch_adbench("wine", data_home=tmp_path).data
    assert (fetched == fetch_adbench("wine", data_home=real_data).data).all()


def test_public_names():
    assert all(hasattr(datasets, name) for name in datasets.__all__)
