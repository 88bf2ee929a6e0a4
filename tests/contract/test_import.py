"""Importing costs what is used and no more."""

import importlib
import os
import pkgutil
import re
import subprocess
import sys

import pytest

import skanomaly

HEAVY = ("torch", "sklearn", "skorch", "scipy", "pandas", "pyod", "matplotlib", "pooch")

# What each of them needs not; each part is below the next.
WITHOUT = {
    "skanomaly": ("numpy", *HEAVY),
    "skanomaly.exceptions": ("numpy", *HEAVY),
    "skanomaly.base": ("torch", "skorch", "pyod", "matplotlib"),
    "skanomaly.metrics": ("torch", "skorch", "pyod", "matplotlib"),
    "skanomaly.displays": ("torch", "skorch", "pyod", "matplotlib"),
    "skanomaly.datasets": ("torch", "skorch", "pyod", "matplotlib", "pooch"),
    "skanomaly.nets": ("skorch", "pyod", "matplotlib"),
    "skanomaly.detectors": ("pyod", "matplotlib"),
    "skanomaly.pyod": ("pyod", "matplotlib"),
    "skanomaly.onnx": ("onnx", "onnxscript", "skl2onnx", "onnxruntime"),
}

MODULES = ["skanomaly"] + [
    module.name for module in pkgutil.walk_packages(skanomaly.__path__, "skanomaly.")
]


def test_importing_a_part_leaves_out_what_it_does_not_need():
    # In one process, since each part needs at least what those before it need.
    code = (
        "import importlib, sys\n"
        f"for part, others in {WITHOUT!r}.items():\n"
        "    importlib.import_module(part)\n"
        "    print(*[(part, m) for m in others if m in sys.modules], sep='', end='')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert result.stdout == ""


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_there(name):
    module = importlib.import_module(name)
    public = getattr(module, "__all__", [])
    assert len(public) == len(set(public))
    assert [n for n in public if not hasattr(module, n)] == []
    assert set(public) <= set(dir(module))


def test_every_sub_package_is_reached_from_the_top():
    found = (m.name for m in pkgutil.iter_modules(skanomaly.__path__))
    parts = {name for name in found if not name.startswith("_")}
    assert {n for n in skanomaly.__all__ if n != "__version__"} | {"base"} == parts
    with pytest.raises(AttributeError, match="no attribute 'detector'"):
        _ = skanomaly.detector


def test_the_version_is_one_that_pip_understands():
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc|\.dev)\d+)?", skanomaly.__version__)
