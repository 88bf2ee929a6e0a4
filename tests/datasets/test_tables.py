"""Reading tables of categories, and downloading those that are missing."""

import io
import zipfile

import pandas as pd
import pytest

from skanomaly.datasets import (
    _registry,
    fetch_bank_marketing,
    fetch_categorical,
    fetch_repair_pair,
)

# See the fixture `server`.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

FETCHERS = {
    "categorical/bank_marketing.csv": fetch_bank_marketing,
    "categorical/adult.csv": lambda **options: fetch_categorical("adult", **options),
    "repair/beers/dirty.csv": lambda **options: fetch_repair_pair("beers", **options),
}
BANK_HEADER = (
    "age,job,marital,education,default,housing,loan,contact,month,day_of_week,duration,"
    "campaign,pdays,previous,poutcome,emp.var.rate,cons.price.idx,cons.conf.idx,"
    "euribor3m,nr.employed,y"
)
BANK_ROWS = (
    "56,maid,NA,basic.4y,no,no,no,phone,may,mon,261,1,999,0,none,1.1,93.994,-36.4,4.857,5191,no",
    "57,cook,,007,no,no,no,phone,may,mon,149,1,999,0,none,-1.8,93.994,-36.4,4.857,5099.1,yes",
)
ADULT_ROWS = (
    "39, State-gov, 77516, Bachelors, 13, Never-married, Clerk, Alone, White, Male, "
    "2174, 0, 40, ?, <=50K",
    "50, Private, 83311, HS, 9, Divorced, Clerk, Alone, Black, Female, 0, 0, 13, "
    "Cuba, >50K",
)


def write(home, path, text):
    (home / path).parent.mkdir(parents=True, exist_ok=True)
    (home / path).write_text(text, encoding="utf-8")


# Reading -----------------------------------------------------------------------------


@pytest.mark.usefixtures("any_values")
def test_bank_marketing_as_strings_and_numbers(tmp_path):
    write(
        tmp_path, "categorical/bank_marketing.csv", "\n".join([BANK_HEADER, *BANK_ROWS])
    )
    bank = fetch_bank_marketing(data_home=tmp_path)
    assert list(bank.data) == bank.feature_names == _registry.BANK["nominal"]
    # What looks like a number or a missing value to pandas is a category here.
    assert bank.data["marital"].tolist() == ["NA", ""]
    assert bank.data["education"].tolist() == ["basic.4y", "007"]
    assert bank.target.tolist() == [0, 1] and bank.target.dtype == "int64"
    assert list(bank.frame) == [*bank.feature_names, "target"]
    every = fetch_bank_marketing(data_home=tmp_path, columns="all")
    assert list(every.data) == BANK_HEADER.split(",")[:-1]
    assert every.data["nr.employed"].tolist() == [5191.0, 5099.1]
    assert every.data["age"].dtype == "int64"
    assert every.data[bank.feature_names].equals(bank.data)
    X, y = fetch_bank_marketing(data_home=tmp_path, return_X_y=True)
    assert X.equals(bank.data) and y.equals(bank.target)


@pytest.mark.usefixtures("any_values")
def test_tables_of_categories_have_names_whatever_the_header(tmp_path):
    names = _registry.CATEGORICAL["tables"]["mushroom"]["columns"]
    header = ",".join(str(i) for i in range(1, 24))
    rows = [",".join("p" + "x" * 22), ",".join("e" + "?" * 22)]
    write(tmp_path, "categorical/mushroom.csv", "\n".join([header, *rows]))
    mushroom = fetch_categorical("mushroom", data_home=tmp_path)
    assert ["class", *mushroom.data] == names and len(mushroom.data) == 2
    assert mushroom.target.tolist() == ["p", "e"]
    assert mushroom.target.name == "class"
    assert mushroom.target_names == ["e", "p"]
    assert (mushroom.data.iloc[1] == "?").all()
    assert "2 rows" in mushroom.DESCR


@pytest.mark.usefixtures("any_values")
def test_a_pair_is_compared_by_position_as_raha_does(tmp_path):
    write(
        tmp_path,
        "repair/beers/dirty.csv",
        "id,beer_name\n1,Ale &amp;  Co\n02, NA \n3,\n",
    )
    write(tmp_path, "repair/beers/clean.csv", "id,beer-name\n1,Ale & Co\n2,NA\n3,nan\n")
    beers = fetch_repair_pair("beers", data_home=tmp_path)
    assert beers.error_mask.tolist() == [[False, False], [True, False], [False, True]]
    assert list(beers.dirty) == list(beers.clean) == ["id", "beer-name"]
    assert beers.dirty["beer-name"].tolist() == ["Ale & Co", "NA", ""]
    assert beers.dirty["id"].tolist() == ["1", "02", "3"]
    assert "2 cells differ (33.33%)" in beers.DESCR


@pytest.mark.usefixtures("any_values")
def test_a_pair_of_different_shapes_is_refused(tmp_path):
    write(tmp_path, "repair/beers/dirty.csv", "id\n1\n2\n")
    write(tmp_path, "repair/beers/clean.csv", "id\n1\n")
    with pytest.raises(OSError, match=r"repair/beers.*\(2, 1\).*\(1, 1\)"):
        fetch_repair_pair("beers", data_home=tmp_path)


@pytest.mark.parametrize("content", ["", 'a,b\n"1,2\n', "a,b\n1,2,3\n4,5,6,7\n"])
def test_a_damaged_file_is_named(tmp_path, content):
    write(tmp_path, "repair/beers/dirty.csv", content)
    with pytest.raises(OSError, match=r"dirty\.csv is damaged"):
        fetch_repair_pair("beers", data_home=tmp_path)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: fetch_categorical("adults"),
            "name='adults'.*adult, mushroom, nursery",
        ),
        (lambda: fetch_categorical("adult", columns="some"), "columns='some'"),
        (lambda: fetch_bank_marketing(columns=None), "columns=None"),
        (lambda: fetch_repair_pair("tax"), "name='tax'.*hospital, flights"),
    ],
)
def test_what_is_wrong_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Downloading -------------------------------------------------------------------------


@pytest.mark.parametrize("path", FETCHERS)
def test_a_missing_file_says_which_where_and_what_to_do(tmp_path, path):
    with pytest.raises(OSError, match="download_if_missing=False") as caught:
        FETCHERS[path](data_home=tmp_path, download_if_missing=False)
    for words in (f"data home {tmp_path},", path, "SKANOMALY_DATA", "https://"):
        assert words in str(caught.value)


@pytest.mark.usefixtures("any_values")
def test_the_archive_of_bank_marketing_becomes_the_csv_file(
    server, tmp_path, monkeypatch
):
    folder, url = server
    monkeypatch.setitem(_registry.BANK, "origin", url)
    upstream = "\n".join([BANK_HEADER, *BANK_ROWS]).replace(",", ";")
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("bank-additional/bank-additional-full.csv", upstream)
    with zipfile.ZipFile(folder / "bank+marketing.zip", "w") as archive:
        archive.writestr("bank-additional.zip", inner.getvalue())
    bank = fetch_bank_marketing(data_home=tmp_path, columns="all")
    assert bank.data["marital"].tolist() == ["NA", ""]
    assert bank.target.tolist() == [0, 1]
    text = (tmp_path / "categorical" / "bank_marketing.csv").read_text()
    assert "5191.0,no" in text  # as in the copy of which the checksum was taken


@pytest.mark.usefixtures("any_values")
def test_files_of_uci_get_a_header(server, tmp_path, monkeypatch):
    folder, url = server
    monkeypatch.setitem(_registry.CATEGORICAL, "origin", url)
    write(folder, "adult/adult.data", "\n".join([*ADULT_ROWS, "", ""]))
    adult = fetch_categorical("adult", data_home=tmp_path, columns="all")
    assert adult.data["native_country"].tolist() == ["?", "Cuba"]
    assert adult.data["age"].tolist() == [39, 50]
    assert adult.target.tolist() == ["<=50K", ">50K"]
    (folder / "adult" / "adult.data").unlink()
    again = fetch_categorical("adult", data_home=tmp_path, columns="all")
    assert again.frame.equals(adult.frame)


def test_pairs_are_downloaded_and_others_than_known_refused(
    server, tmp_path, monkeypatch
):
    folder, url = server
    monkeypatch.setitem(_registry.PAIRS, "origin", url)
    for part in ("dirty", "clean"):
        write(folder, f"beers/{part}.csv", f"id\n{part}\n")
    with pytest.raises(OSError, match=r"repair/beers/dirty\.csv.*values differ"):
        fetch_repair_pair("beers", data_home=tmp_path)
    assert list((tmp_path / "repair" / "beers").iterdir()) == []
    known = [
        file.digest(pd.DataFrame({"other header": [part]}))
        for part, file in zip(
            ("dirty", "clean"), _registry.pair_files("beers"), strict=True
        )
    ]
    monkeypatch.setitem(_registry.PAIRS["checksums"], "beers", known)
    beers = fetch_repair_pair("beers", data_home=tmp_path)
    assert beers.dirty["id"].tolist() == ["dirty"]


def test_downloads_that_are_no_data_are_explained(server, tmp_path, monkeypatch):
    folder, url = server
    for source in (_registry.BANK, _registry.CATEGORICAL, _registry.PAIRS):
        monkeypatch.setitem(source, "origin", url)
    for content in ("", "<html>This is a login page, with\na comma.</html>"):
        for name in ("bank+marketing.zip", "adult/adult.data", "beers/dirty.csv"):
            write(folder, name, content)
        for fetch in FETCHERS.values():
            with pytest.raises(OSError, match="by hand"):
                fetch(data_home=tmp_path)


# Real files --------------------------------------------------------------------------


def there(real_data, path):
    if not (real_data / path).exists():
        pytest.skip(f"no {path} in the data home")
    return real_data


@pytest.mark.parametrize(
    ("name", "shape", "n_errors"),
    [
        ("hospital", (1000, 20), 509),
        ("flights", (2376, 7), 4920),
        ("beers", (2410, 11), 4362),
        ("rayyan", (1000, 11), 948),
    ],
)
def test_real_pairs_have_the_known_number_of_errors(real_data, name, shape, n_errors):
    home = there(real_data, f"repair/{name}/dirty.csv")
    pair = fetch_repair_pair(name, data_home=home)
    assert pair.dirty.shape == pair.clean.shape == pair.error_mask.shape == shape
    assert pair.error_mask.sum() == n_errors
    for file in _registry.pair_files(name):
        assert file.digest(file.convert([home / file.path])) == file.checksum


def test_real_bank_marketing(real_data):
    home = there(real_data, "categorical/bank_marketing.csv")
    bank = fetch_bank_marketing(data_home=home)
    assert bank.data.shape == (41_188, 10) and bank.target.sum() == 4640
    assert bank.data.nunique().tolist() == [12, 4, 8, 3, 3, 3, 2, 10, 5, 3]


@pytest.mark.parametrize(
    ("name", "n_values"),
    [
        ("adult", [9, 16, 7, 15, 6, 5, 2, 42]),
        (
            "mushroom",
            [6, 4, 10, 2, 9, 2, 2, 2, 12, 2, 5, 4, 4, 9, 9, 1, 4, 3, 5, 9, 6, 7],
        ),
        ("nursery", [3, 5, 4, 4, 3, 2, 3, 3]),
    ],
)
def test_real_tables_of_categories(real_data, name, n_values):
    home = there(real_data, f"categorical/{name}.csv")
    table = fetch_categorical(name, data_home=home)
    assert table.data.nunique().tolist() == n_values
    file = _registry.categorical_file(name)
    content = pd.read_csv(home / file.path, dtype=str, keep_default_na=False)
    assert file.digest(content) == file.checksum
