"""The versions that an estimator was saved with, and what to say when they differ."""

import platform
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from skanomaly.exceptions import LoadError, VersionWarning
from skanomaly.utils._warn import warn_user

__all__ = ["check_versions", "versions", "versions_checked"]

# Whose changes may change a score, or what a name in a file means.
PACKAGES = ("numpy", "scikit-learn", "torch")

# Whether those of a whole file were checked, so that its parts need not say it again.
_checked: ContextVar[bool] = ContextVar("versions_checked", default=False)


@contextmanager
def versions_checked():
    """Leave out further checks in a block."""
    token = _checked.set(True)
    try:
        yield
    finally:
        _checked.reset(token)


@cache
def _installed():
    ours = import_module("skanomaly").__version__  # the one package that is above
    found = {"skanomaly": ours, "Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # installed in a way that tells nothing
            found[package] = "unknown"
    return found


def versions():
    """Versions of this process, a new dict of package names and texts."""
    return dict(_installed())


def check_versions(saved, *, what, strict=False):
    """Warn where an estimator was saved with other versions.

    Parameters
    ----------
    saved : dict of str to str
        What `versions` returned when it was saved.
    what : str
        What was loaded, for the message.
    strict : bool, default=False
        Whether to raise a `LoadError` in place of the warning.
    """
    now = versions()
    differences = [
        f"{name} {saved.get(name, 'unknown')} (here {now[name]})"
        for name in now
        if _release(name, saved.get(name, "unknown")) != _release(name, now[name])
    ]
    if _checked.get() or not differences:
        return
    text = f"{what} was saved with {', '.join(differences)}."
    if strict:
        raise LoadError(
            f"{text} With strict=True only the same versions are accepted: install "
            "them, or leave strict out."
        )
    warn_user(
        f"{text} Its scores may differ a little, or it may not work: compare them with "
        "scores from before, or fit again.",
        VersionWarning,
    )


def _release(name, text):
    """What of a version counts: the release, not its build; of Python, the minor."""
    text = str(text).partition("+")[0]
    return ".".join(text.split(".")[:2]) if name == "Python" else text
