"""Check the built pages: links within them, nothing from elsewhere, and spelling.

``python docs/check.py docs/_build/html``; `make docs` runs it. Addresses of other sites
are checked by ``make linkcheck``, which needs the network.
"""

import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

SETTINGS = str(Path(__file__).parents[1] / "pyproject.toml")

# Where a page fetches what it shows; links (`a`) may go anywhere.
LOADS = {"img": "src", "script": "src", "link": "href", "iframe": "src"}

# Text that is no prose of ours: code with its output, of which tables cut long words.
SILENT_TAGS, SILENT_CLASS = {"script", "style", "pre"}, "output_subarea"


class Page(HTMLParser):
    """Anchors, links, loads and text of a page."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links, self.loads, self.text = set(), set(), set(), []
        self._silent_tag, self._depth = None, 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        """Note what a tag is called and where it points to."""
        values = dict(attrs)
        self.anchors |= {values[key] for key in ("id", "name") if values.get(key)}
        self._enter(tag, values.get("class") or "")
        if tag == "a" and values.get("href"):
            self.links.add(values["href"])
        is_relation = tag == "link" and values.get("rel") in ("canonical", "search")
        if values.get(LOADS.get(tag)) and not is_relation:
            self.loads.add(values[LOADS[tag]])

    def _enter(self, tag, classes):
        """Count tags of the kind that began the silence, to know its end."""
        if not self._depth and (tag in SILENT_TAGS or SILENT_CLASS in classes):
            self._silent_tag = tag
        self._depth += tag == self._silent_tag

    def handle_endtag(self, tag):
        """Leave a tag; silence ends with the one that began it."""
        self._depth -= tag == self._silent_tag
        if not self._depth:
            self._silent_tag = None

    def handle_data(self, data):
        """Keep text that people read."""
        if not self._depth:
            self.text.append(data)


def broken_links(pages):
    """Yield links to pages and anchors that do not exist."""
    for path, page in pages.items():
        for link in sorted(page.links | page.loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path if not parts.path else path.parent / unquote(parts.path)
            target = target.resolve()
            if not target.exists():
                yield f"{path}: {link}: no such file"
            elif parts.fragment and target in pages:
                if unquote(parts.fragment) not in pages[target].anchors:
                    yield f"{path}: {link}: no such anchor"


def foreign_loads(pages):
    """Yield what a page would fetch from another site: it must work offline."""
    for path, page in pages.items():
        for link in sorted(page.loads):
            if urlsplit(link).netloc:
                yield f"{path}: loads {link}"


def misspelt(pages):
    """Yield what codespell finds in the text of the pages."""
    with tempfile.TemporaryDirectory() as folder:
        for path, page in pages.items():
            name = "+".join(path.parts[-2:])
            (Path(folder) / f"{name}.txt").write_text("".join(page.text))
        command = [sys.executable, "-m", "codespell_lib", "--toml", SETTINGS]
        found = subprocess.run([*command, folder], capture_output=True, text=True)
        yield from (line.removeprefix(folder) for line in found.stdout.splitlines())


def main(folder):
    """Print what is wrong; return 1 if anything is."""
    paths = Path(folder).resolve().rglob("*.html")
    paths = sorted(path for path in paths if "_static" not in path.parts)
    pages = {path: Page(path) for path in paths}
    faults = [*broken_links(pages), *foreign_loads(pages), *misspelt(pages)]
    print(*faults, f"{len(pages)} pages checked, {len(faults)} faults", sep="\n")
    return int(bool(faults) or not pages)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
