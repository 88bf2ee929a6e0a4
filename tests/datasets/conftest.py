"""Real data files where they are at hand, and a server that stands in for the net."""

import gc
import os
import threading
import warnings
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

BESIDE = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture
def real_data():
    """Return the folder of the data files, or skip the test."""
    home = Path(os.environ.get("SKANOMALY_DATA") or BESIDE)
    if not (home / "adbench").is_dir():
        pytest.skip("no data files: set SKANOMALY_DATA to the folder that holds them")
    return home


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    """Serve a folder on the loopback interface: (folder, url that ends in a slash)."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield folder, f"http://127.0.0.1:{httpd.server_port}/"
        httpd.shutdown()
        thread.join()
    with warnings.catch_warnings():
        # pooch leaves the connection of a failed request to the garbage collector;
        # no later test should have to answer for it.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def any_values(monkeypatch):
    """Take files of known names whatever is in them: tests write small ones."""
    for name in (
        "_store.check_copy",
        "_store._check_values",
        "_table_store.check_copy",
    ):
        monkeypatch.setattr(f"skanomaly.datasets.{name}", lambda *_: None)
