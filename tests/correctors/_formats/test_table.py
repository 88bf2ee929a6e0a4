"""The formats of a whole table."""

import numpy as np
import pandas as pd

from skanomaly.correctors._formats.table import TableFormats


def sizes():
    n = np.arange(200) % 7 + 10
    city = np.array(["Bern", "Rome", "Oslo"], dtype=object)[np.arange(200) % 3]
    state = np.array(["BE", "LZ", "OS"], dtype=object)[np.arange(200) % 3]
    right = pd.DataFrame({"size": n.astype(str), "city": city, "state": state, "n": n})
    dirty = right.astype({"size": object})
    dirty.loc[::5, "size"] += " cm"
    dirty.loc[1::20, "city"] = right["city"] + " " + right["state"]
    dirty.loc[1::20, "state"] = None
    return dirty, right


def test_columns_are_unified_and_moved_words_put_in_their_place():
    dirty, right = sizes()
    formats = TableFormats("auto", np.ones(4, bool))
    table = formats.fit(dirty)
    assert (table == right).to_numpy().all()
    again, edits = formats.apply(dirty)
    assert (again == right).to_numpy().all()
    places = set(zip(edits.rows.tolist(), edits.columns.tolist(), strict=True))
    assert len(places) == len(edits.rows)
    assert places == set(map(tuple, np.argwhere((dirty != right).to_numpy()).tolist()))
    assert ((edits.p > 0.5) & (edits.p < 1)).all()
    assert all(edits.reasons != "")
    assert "cm" in formats.steps(0)[0]
    assert formats.steps(3) == []


def test_columns_that_are_not_used_stay():
    dirty, _ = sizes()
    formats = TableFormats("auto", np.array([False, True, True, True]))
    assert formats.fit(dirty)["size"].equals(dirty["size"])


def test_a_table_in_one_way_of_writing_stays_the_same_object():
    _, right = sizes()
    formats = TableFormats("auto", np.ones(4, bool))
    assert formats.fit(right) is right
    assert not len(formats.apply(right)[1].rows)
