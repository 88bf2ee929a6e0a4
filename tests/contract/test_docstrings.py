"""Every public docstring follows numpydoc and says the truth about its parameters."""

import functools
import importlib
import importlib.util
import inspect
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import ERROR_MSGS, validate

import skanomaly

PACKAGES = (
    "detectors", "correctors", "samplers", "classifiers", "metrics", "displays",
    "datasets", "nets", "onnx", "pyod", "dask", "exceptions", "base",
)  # fmt: skip
TOP = ("load", "save", "trusted_types")
EXISTING = [p for p in PACKAGES if importlib.util.find_spec(f"skanomaly.{p}")]


def _checks():
    """Codes to report: as numpydoc reads it, those beside "all" are left out."""
    path = Path(__file__).parents[2] / "pyproject.toml"
    listed = tomllib.loads(path.read_text())["tool"]["numpydoc_validation"]["checks"]
    return set(ERROR_MSGS) - set(listed) if "all" in listed else set(listed)


def _objects():
    """Pairs (dotted name, object) of all that is public and ours."""
    for name in TOP:
        yield f"skanomaly.{name}", getattr(skanomaly, name)
    for package in EXISTING:
        module = importlib.import_module(f"skanomaly.{package}")
        for name in module.__all__:
            value = getattr(module, name)
            if not (inspect.isclass(value) or inspect.isfunction(value)):
                continue
            yield f"{module.__name__}.{name}", value
            if inspect.isclass(value):
                yield from _members(f"{module.__name__}.{name}", value)


def _members(path, cls):
    if issubclass(cls, torch.nn.Module):
        return  # users call a network, and torch's users know `forward`
    for name, member in inspect.getmembers(cls):
        function = inspect.unwrap(getattr(member, "fget", None) or member)
        module = getattr(function, "__module__", None) or ""
        if not name.startswith("_") and module.startswith("skanomaly"):
            yield f"{path}.{name}", member


OBJECTS = dict(_objects())
WITH_PARAMETERS = [
    name for name, value in OBJECTS.items()
    if not isinstance(value, property)
    and not (inspect.isclass(value) and issubclass(value, Exception))
]  # fmt: skip


# scikit-learn would take a ``**`` in the signature for a parameter of that name.
HIDDEN = ("PR02", "Unknown parameters {'**net_params'}")


def _of(package, names):
    """Those of the names that belong to a package; to "skanomaly" the top ones."""
    return [name for name in names if package == _package(name)]


def _package(name):
    return "skanomaly" if name[10:] in TOP else name.split(".")[1]


# A test a package, which names what fails: one for each of 400 objects would spend more
# time on tests than on checks.
every_package = pytest.mark.parametrize("package", ["skanomaly", *EXISTING])


@every_package
def test_docstrings_follow_numpydoc(package):
    checks, found = _checks(), {}
    for name in _of(package, OBJECTS):
        errors = [tuple(e) for e in validate(name)["errors"] if e[0] in checks]
        found[name] = [e for e in errors if e != HIDDEN]
    assert found and {n: errors for n, errors in found.items() if errors} == {}


def test_the_api_pages_list_every_public_name_and_no_other():
    pages = (Path(__file__).parents[2] / "docs" / "api").glob("*.rst")
    text = "\n".join(page.read_text() for page in pages)
    listed = re.findall(r"^   ~?([a-z]+\.\w+|[a-z_]+)$", text, flags=re.MULTILINE)
    public = [n for n in OBJECTS if n.count(".") == (1 if n[10:] in TOP else 2)]
    assert sorted(f"skanomaly.{name}" for name in listed) == sorted(public)


@pytest.mark.parametrize("package", EXISTING)
def test_a_package_says_what_it_is_for(package):
    assert importlib.import_module(f"skanomaly.{package}").__doc__


@functools.cache
def _documented(name):
    """Parameters of a docstring: name -> type, with ``a, b : int`` taken apart."""
    return {
        name: parameter.type
        for parameter in NumpyDocString(inspect.getdoc(OBJECTS[name]))["Parameters"]
        for name in parameter.name.split(", ")
    }


def _declared(value):
    """Parameters of a signature: name -> default."""
    parameters = inspect.signature(value).parameters
    stars = {
        inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**",
    }  # fmt: skip
    return {
        stars.get(p.kind, "") + p.name: p.default
        for p in parameters.values()
        if p.name not in ("self", "cls")
    }


@every_package
def test_documented_parameters_are_those_of_the_signature(package):
    for name in _of(package, WITH_PARAMETERS):
        # Detectors take component__name parameters, which their signature hides.
        documented = set(_documented(name)) - {"**net_params"}
        assert documented == set(_declared(OBJECTS[name])), name


@every_package
def test_documented_defaults_are_true(package):
    for name in _of(package, WITH_PARAMETERS):
        documented = _documented(name)
        for parameter, default in _declared(OBJECTS[name]).items():
            text = documented.get(parameter, "Ignored")
            if not parameter.startswith("*") and text != "Ignored":
                _check_default(text, default, f"{name}: {parameter}")


def _check_default(text, default, where):
    assert ("default=" in text) == (default is not inspect.Parameter.empty), where
    if "default=" in text:
        namespace = {"torch": torch, "np": np, "inf": np.inf}
        assert eval(text.partition("default=")[2], namespace) == default, where


def test_a_template_is_filled_in_every_docstring():
    left = re.compile(r"^ *\{\w+\}$", re.MULTILINE)
    assert [n for n, v in OBJECTS.items() if left.search(v.__doc__ or "")] == []
