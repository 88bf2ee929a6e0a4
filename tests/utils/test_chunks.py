"""Slices of rows."""

from skanomaly.utils._chunks import CHUNK_CELLS, row_slices


def test_slices_cover_the_rows_and_stay_small():
    slices = row_slices(1000, CHUNK_CELLS // 300)
    assert [s.stop - s.start for s in slices] == [300, 300, 300, 100]
    assert row_slices(0, 5) == []
    assert len(row_slices(3, 10 * CHUNK_CELLS)) == 3
