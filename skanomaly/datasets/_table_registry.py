"""Names, origins, checksums and descriptions of the tables that are fetched."""

from typing import NamedTuple

from skanomaly.datasets._table_store import (
    TableFile,
    read_bank,
    read_pair_file,
    reader_of_uci,
)

UCI_ORIGIN = "https://archive.ics.uci.edu/ml/machine-learning-databases/"
BANK_ORIGIN = "https://archive.ics.uci.edu/static/public/222/"
RAHA_ORIGIN = "https://raw.githubusercontent.com/BigDaMa/raha/master/datasets/"


class Table(NamedTuple):
    """A table with a class: where it is, and what its columns are."""

    path: str  # below UCI_ORIGIN
    target: str
    feature_names: tuple[str, ...]
    numeric: tuple[str, ...]
    target_first: bool
    checksum: str | None
    description: str

    @property
    def header(self):
        """Columns in the order of the file."""
        target = (self.target,)
        names = self.feature_names
        return target + names if self.target_first else names + target


CATEGORICAL = {
    "adult": Table(
        path="adult/adult.data",
        target="income",
        feature_names=(
            "age", "workclass", "fnlwgt", "education", "education_num",
            "marital_status", "occupation", "relationship", "race", "sex",
            "capital_gain", "capital_loss", "hours_per_week", "native_country",
        ),
        numeric=(
            "age", "fnlwgt", "education_num", "capital_gain", "capital_loss",
            "hours_per_week",
        ),
        target_first=False,
        checksum="f0d0c191f02659cf884c3fa4a5abcb3e08180adab0f2708a07f12699e8bb9b9e",
        description="people of the US census of 1994, target = income over 50,000",
    ),
    "mushroom": Table(
        path="mushroom/agaricus-lepiota.data",
        target="class",
        feature_names=(
            "cap_shape", "cap_surface", "cap_color", "bruises", "odor",
            "gill_attachment", "gill_spacing", "gill_size", "gill_color",
            "stalk_shape", "stalk_root", "stalk_surface_above_ring",
            "stalk_surface_below_ring", "stalk_color_above_ring",
            "stalk_color_below_ring", "veil_type", "veil_color", "ring_number",
            "ring_type", "spore_print_color", "population", "habitat",
        ),
        numeric=(),
        target_first=True,
        checksum="e65d082030501a3ebcbcd7c9f7c71aa9d28fdfff463bf4cf4716a3fe13ac360e",
        description="species of mushrooms, target = e (edible) or p (poisonous)",
    ),
    "nursery": Table(
        path="nursery/nursery.data",
        target="recommend_strength",
        feature_names=(
            "parents", "has_nurs", "form", "children", "housing", "finance",
            "social", "health",
        ),
        numeric=(),
        target_first=False,
        checksum="1f2ff809b36c4524f8619d9cf0952e9937ff9e281eab7b2784acf604b45df879",
        description="every combination of eight answers in applications for nursery "
        "schools, target = recommendation",
    ),
}  # fmt: skip

BANK_NOMINAL = (
    "job", "marital", "education", "default", "housing", "loan", "contact", "month",
    "day_of_week", "poutcome",
)  # fmt: skip

# Checksums are of the cells (`TableFile.digest`), computed from local copies.
PAIRS = {
    "hospital": (
        "9563774265fe5d7de4a79cb143d20ad6dabecfd430bad1af68cf5460e38f695e",
        "6708c11dc95302201bdfbc31cff7c62d35b755f6437784ee52d849b385871856",
    ),
    "flights": (
        "ce3227c32f485b1d3801b567b9e8905d58ed8a7664c3fb9c9394c390f8adc92a",
        "68fedaecae66c15d34bda6a54bff74d0ccdb646bb1e3782d5ee5493ea7cb0fac",
    ),
    "beers": (
        "8de19fd07948a4f295103066e5bac98a6088c3d9853c8dd2d6f9979b012646b5",
        "d90c66fab574a2f6c4feffa54a2ee58d0c17b77c22aad4b4fd15d882f0f4cd54",
    ),
    "rayyan": (
        "26b938e3d0fabccb4aca5afbb025a54432171c536645c5db762b288294f9a462",
        "9038b9ea17467d8d5a3406dea406d81cd441831a97ce5b81ea095b08ed0e042d",
    ),
}


def categorical_file(name):
    """Return the file of a name in `CATEGORICAL`."""
    table = CATEGORICAL[name]
    url = UCI_ORIGIN + table.path
    convert = reader_of_uci(table.header)
    return TableFile(f"categorical/{name}.csv", (url,), convert, table.checksum)


def bank_file():
    """Return the file of "bank-additional-full"."""
    return TableFile(
        "categorical/bank_marketing.csv",
        (f"{BANK_ORIGIN}bank+marketing.zip",),
        read_bank,
        "93aeb86b55746f6a7d28dab8e761a45b86d3c094e5f0d609c35a6e3b955170fc",
    )


def pair_files(name):
    """Return the dirty and the clean file of a name in `PAIRS`."""
    return [
        TableFile(
            f"repair/{name}/{part}.csv",
            (f"{RAHA_ORIGIN}{name}/{part}.csv",),
            read_pair_file,
            known,
        )
        for part, known in zip(("dirty", "clean"), PAIRS[name], strict=True)
    ]


BANK_DESCR = """\
Bank marketing (bank-additional-full): 41188 calls of a Portuguese bank, target = 1 if
the client took the deposit (4640, 11.27%). Missing answers are the value "unknown".
The nominal columns alone hardly separate the classes: 1696 patterns have both labels.

Source: archive.ics.uci.edu, data set 222, CC BY 4.0. Moro, Cortez and Rita, "A
data-driven approach to predict the success of bank telemarketing", Decision Support
Systems 62, 2014, doi:10.1016/j.dss.2014.03.001.
"""

CATEGORICAL_DESCR = """\
{name}: {n_rows} rows, {description}.
Missing cells, if any, are the value "?".

Source: archive.ics.uci.edu, {path}, CC BY 4.0.
"""

PAIR_DESCR = """\
{name}: a table of {n_rows} rows and {n_columns} columns with errors, and the same table
without them. {n_errors} cells differ ({share:.2%}), compared as Raha does: as strings,
with entities resolved, blanks collapsed and stripped. Columns have the names of the
clean file; some are spelled differently in the dirty one.

Source: github.com/BigDaMa/raha, datasets/{name}. Mahdavi et al., "Raha: a
configuration-free error detection system", SIGMOD 2019, doi:10.1145/3299869.3324956;
Mahdavi and Abedjan, "Baran: effective error correction via a unified context
representation and transfer learning", PVLDB 13(11), 2020,
doi:10.14778/3407790.3407801.
"""
