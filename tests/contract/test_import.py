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
PACKAGES = [
    f"skanomaly.{module.name}"
    for module in pkgutil.iter_modules(skanomaly.__path__)
    if module.ispkg
]

# What each of them needs not; each part is below the next.
WITHOUT = {
    "skanomaly": ("numpy", *HEAVY),
    **dict.fromkeys(PACKAGES, ("numpy", *HEAVY)),
    "skanomaly.exceptions": ("numpy", *HEAVY),
    "skanomaly._cli.arguments": ("numpy", *HEAVY),
    "skanomaly.base": ("torch", "skorch", "pyod", "matplotlib"),
    "skanomaly.metrics.*": ("torch", "skorch", "pyod", "matplotlib"),
    "skanomaly.displays.*": ("torch", "skorch", "pyod", "matplotlib"),
    "skanomaly.datasets.*": ("torch", "skorch", "pyod", "matplotlib", "pooch"),
    "skanomaly.dask": ("torch", "skorch", "pyod", "matplotlib", "pooch", "dask"),
    "skanomaly.correctors.NoisyChannelCorrector": ("torch", "matplotlib"),
    "skanomaly.correctors.AnomalyCorrector": ("torch", "matplotlib"),
    "skanomaly.correctors.DiffusionInpainter": ("torch", "matplotlib"),
    "skanomaly.correctors.BeamSearch": ("torch", "matplotlib"),
    "skanomaly.detectors.CalibratedDetector": ("torch", "matplotlib"),
    "skanomaly.samplers.UniformSampler": ("torch", "matplotlib"),
    "skanomaly.samplers.ArchetypalAnalysis": ("torch", "matplotlib"),
    "skanomaly.nets.*": ("skorch", "pyod", "matplotlib"),
    "skanomaly.detectors.NeighborsDetector": ("skorch", "pyod", "matplotlib"),
    "skanomaly.detectors.*": ("pyod", "matplotlib"),
    "skanomaly.pyod": ("pyod", "matplotlib"),
    "skanomaly.onnx": ("onnx", "onnxscript", "skl2onnx", "onnxruntime"),
}
# Names are imported one by one, as `from skanomaly.metrics import name` does.
IMPORT = """
import importlib, sys

def touch(part):
    package, _, name = part.rpartition(".")
    if name == "*" or name[0].isupper():
        module = importlib.import_module(package)
        for each in module.__all__ if name == "*" else [name]:
            getattr(module, each)
    else:
        importlib.import_module(part)
"""

MODULES = ["skanomaly"] + [
    module.name for module in pkgutil.walk_packages(skanomaly.__path__, "skanomaly.")
]


def printed(code):
    """What a fresh process prints."""
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    return result.stdout


def test_importing_a_part_leaves_out_what_it_does_not_need():
    # In one process, since each part needs at least what those before it need.
    code = IMPORT + (
        f"for part, others in {WITHOUT!r}.items():\n"
        "    touch(part)\n"
        "    print(*[(part, m) for m in others if m in sys.modules], sep='', end='')\n"
    )
    assert printed(code) == ""


def test_a_table_is_repaired_without_torch():
    code = (
        "import sys\n"
        "import pandas as pd\n"
        "from skanomaly.correctors import AnomalyCorrector\n"
        "towns = ['Bern', 'Oslo', 'Rome'] * 99\n"
        "X = pd.DataFrame({'town': towns, 'zip': [1, 2, 3] * 99})\n"
        "X.loc[0, 'town'] = 'Brn'\n"
        "corrector = AnomalyCorrector(random_state=0).fit(X)\n"
        "print(corrector.transform(X).loc[0, 'town'], 'torch' in sys.modules)\n"
    )
    assert printed(code).split() == ["Bern", "False"]


def test_every_public_name_is_there():
    for name in MODULES:
        module = importlib.import_module(name)
        public = getattr(module, "__all__", [])
        assert len(public) == len(set(public)), name
        assert [n for n in public if not hasattr(module, n)] == [], name
        assert set(public) <= set(dir(module)), name


def test_every_sub_package_is_reached_from_the_top():
    found = (m.name for m in pkgutil.iter_modules(skanomaly.__path__))
    parts = {name for name in found if not name.startswith("_")}
    others = {"__version__", "load", "save", "trusted_types"}
    assert set(skanomaly.__all__) - others | {"base"} == parts
    with pytest.raises(AttributeError, match="no attribute 'detector'"):
        _ = skanomaly.detector


def test_the_version_is_one_that_pip_understands():
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc|\.dev)\d+)?", skanomaly.__version__)
