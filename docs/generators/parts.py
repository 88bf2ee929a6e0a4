"""Write everything that is made at a build: tables, pictures of the cards, the map.

`docs/conf.py` calls `write` before the pages are read. Files go to docs/generated,
which git ignores: ``_parts`` holds what pages include, ``measured`` whole pages.
"""

from pathlib import Path

from benchmarks import summary
from generators import cards, decision_map, estimators, measured

MADE = "generated/_parts"


def write(app):
    """Write all parts below the source folder of the documentation."""
    folder = Path(app.srcdir, MADE)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts().items():
        _write(folder / name, text)
    for name, text in measured.pages().items():
        _write(Path(app.srcdir, "generated", "measured", name), text)
    cards.write(folder)


def texts():
    """Return the parts that are text, by file name."""
    return {
        "headline.md": summary.markdown(summary.headline()),
        "estimators.md": estimators.table(),
        "detection.md": measured.detection_table(),
        "fit_seconds.md": measured.fit_seconds_table(),
        "map_wide.svg": decision_map.wide(),
        "map_narrow.svg": decision_map.narrow(),
    }


def _write(path, text):
    # A file that did not change keeps its date, so that its page is not read again.
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
