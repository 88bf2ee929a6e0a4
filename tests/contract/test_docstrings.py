"""Every public docstring follows numpydoc and says the truth about its parameters."""

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


@pytest.mark.parametrize("name", OBJECTS)
def test_docstring_follows_numpydoc(name):
    errors = [tuple(e) for e in validate(name)["errors"] if e[0] in _checks()]
    assert [e for e in errors if e != HIDDEN] == []


def test_the_api_pages_list_every_public_name_and_no_other():
    pages = (Path(__file__).parents[2] / "docs" / "api").glob("*.rst")
    text = "\n".join(page.read_text() for page in pages)
    listed = re.findall(r"^   ~?([a-z]+\.\w+|[a-z_]+)$", text, flags=re.MULTILINE)
    public = [n for n in OBJECTS if n.count(".") == (1 if n[10:] in TOP else 2)]
    assert sorted(f"skanomaly.{name}" for name in listed) == sorted(public)


@pytest.mark.parametrize("package", EXISTING)
def test_a_package_says_what_it_is_for(package):
    assert importlib.import_module(f"skanomaly.{package}").__doc__


def _documented(value):
    """Parameters of a docstring: name -> type, with ``a, b : int`` taken apart."""
    return {
        name: parameter.type
        for parameter in NumpyDocString(inspect.getdoc(value))["Parameters"]
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


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_documented_parameters_are_those_of_the_signature(name):
    documented, declared = _documented(OBJECTS[name]), _declared(OBJECTS[name])
    # Detectors take component__name parameters, which their signature hides.
    documented.pop("**net_params", None)
    assert set(documented) == set(declared)


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_documented_defaults_are_true(name):
    documented = _documented(OBJECTS[name])
    namespace = {"torch": torch, "np": np, "inf": np.inf}
    for parameter, default in _declared(OBJECTS[name]).items():
        if parameter.startswith("*") or parameter not in documented:
            continue
        text = documented[parameter]
        if text == "Ignored":
            continue
        assert ("default=" in text) == (default is not inspect.Parameter.empty), (
            parameter
        )
        if "default=" in text:
            stated = eval(text.partition("default=")[2], namespace)
            assert stated == default, parameter


def test_a_template_is_filled_in_every_docstring():
    assert [n for n, v in OBJECTS.items() if "_parameters}" in (v.__doc__ or "")] == []
