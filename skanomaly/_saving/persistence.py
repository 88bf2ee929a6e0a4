"""`save` and `load`: estimators as files that hold no program."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from typing import Any

import skops.io
from sklearn.base import BaseEstimator
from skops.io.exceptions import UntrustedTypesFoundException

from skanomaly._saving.archive import archive_of, checked_header, opened
from skanomaly._saving.trusted import LISTED
from skanomaly._saving.versions import check_versions, versions_checked
from skanomaly.exceptions import LoadError, UntrustedTypesError
from skanomaly.utils._files import check_target, write_aside

__all__ = ["load", "save", "trusted_types"]


def save(estimator: BaseEstimator, path: str | os.PathLike[str]) -> None:
    """Save an estimator to a file without pickle.

    The file holds parameters, arrays and names of classes, and no program: see
    :func:`load`. It is written aside and then put in place, so that a crash leaves an
    earlier file as it was.

    Parameters
    ----------
    estimator : estimator
        A detector, corrector, classifier or sampler of skanomaly, fitted or not, or an
        estimator of scikit-learn, such as a `Pipeline`, with or without one inside.
    path : str or path-like
        File to write. An existing one is replaced. The usual ending is ``.skops``.

    Raises
    ------
    TypeError
        When it holds something that a file cannot name, such as a lambda or an object
        of a class that only pickle can rebuild.
    FileNotFoundError, IsADirectoryError
        When the folder of `path` is missing, or `path` is one.

    See Also
    --------
    skanomaly.load : Load it again.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> import skanomaly
    >>> from skanomaly.detectors import NeighborsDetector
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> detector = NeighborsDetector().fit(X)
    >>> path = os.path.join(tempfile.mkdtemp(), "detector.skops")
    >>> skanomaly.save(detector, path)
    >>> loaded = skanomaly.load(path)
    >>> bool((loaded.score_samples(X) == detector.score_samples(X)).all())
    True
    """
    if not isinstance(estimator, BaseEstimator):
        raise TypeError(
            f"estimator is {type(estimator).__name__}, which is no estimator. Pass a "
            "fitted detector, corrector or pipeline."
        )
    check_target(path)
    content = archive_of(estimator)
    _check_importable(content)
    write_aside(path, content)


def load(
    path: str | os.PathLike[str],
    *,
    trusted: Sequence[str | type] = (),
    strict: bool = False,
) -> Any:
    """Load an estimator that :func:`save` wrote.

    No code runs: classes are those of a fixed list of skanomaly and scikit-learn, and
    those in `trusted`. The content is compared with its checksum first. What somebody
    else wrote may still be a detector that flags the wrong rows.

    Parameters
    ----------
    path : str or path-like
        File to read.
    trusted : sequence of str or type, default=()
        Further classes and functions that the file may name, such as a network of your
        own given as ``module=MyNet``: ``trusted=["my_package.MyNet"]``. Their code is
        run when they are used, so name only those that you know.
    strict : bool, default=False
        Whether a file of other versions of Python, skanomaly, numpy, scikit-learn or
        torch is an error. By default it is a `VersionWarning`.

    Returns
    -------
    estimator
        The estimator, on the processor where its device does not exist. It scores, and
        trains further, as the one that was saved.

    Raises
    ------
    LoadError
        When the file is damaged, foreign, or of a newer format.
    UntrustedTypesError
        When it names something that is not trusted.

    See Also
    --------
    skanomaly.save : Write such a file, with an example.

    Examples
    --------
    >>> import os, tempfile
    >>> import skanomaly
    >>> path = os.path.join(tempfile.mkdtemp(), "table.csv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("a,b")
    >>> skanomaly.load(path)
    Traceback (most recent call last):
        ...
    skanomaly.exceptions.LoadError: ...table.csv cannot be loaded: it is cut off, or ...
    """
    names = _checked_names(trusted)
    with opened(path) as file, _explained(path, names):
        header = checked_header(file)
        check_versions(header["versions"], what=os.fspath(path), strict=strict)
        with versions_checked():
            loaded = skops.io.load(file, trusted=[*LISTED, *names])
        if not isinstance(loaded, BaseEstimator):
            raise LoadError(f"it holds no estimator, but {type(loaded).__name__}.")
        return loaded


def trusted_types() -> list[str]:
    """List the classes to trust where skops is used without :func:`load`.

    MLflow, for one, stores models by skops, and asks for the classes that are trusted.

    Returns
    -------
    list of str
        Names of the public estimators of skanomaly, and of what searches keep.

    Examples
    --------
    >>> import skanomaly
    >>> "skanomaly.detectors._vae.VAE" in skanomaly.trusted_types()
    True
    """
    return list(LISTED)


def _check_importable(content):
    """Refuse names that scikit-learn's estimators hold and no process could look up."""
    for name in skops.io.get_untrusted_types(data=content):
        module, _, short = name.rpartition(".")
        # Where it comes from is imported: it is an object of this process.
        if module in sys.modules and not hasattr(sys.modules[module], short):
            raise TypeError(
                f"estimator holds {name}, which is not found at the top of "
                f"{module!r}, and a file cannot name it. Write a class or a function "
                "at the top of a module, or use pickle."
            )


def _checked_names(trusted):
    if not isinstance(trusted, str | type | Iterable):
        raise TypeError(
            f"trusted={trusted!r}; expected a list of classes, or of names such as "
            "'my_package.MyNet'."
        )
    items = [trusted] if isinstance(trusted, str | type) else list(trusted)
    for item in items:
        if not isinstance(item, str) and not hasattr(item, "__qualname__"):
            raise TypeError(
                f"trusted holds {item!r}; expected classes, or names such as "
                "'my_package.MyNet'."
            )
    return [i if isinstance(i, str) else f"{i.__module__}.{i.__name__}" for i in items]


@contextmanager
def _explained(path, names):
    """Turn whatever a bad file leads to into one clear error."""
    try:
        yield
    except (Warning, UntrustedTypesError):
        raise
    except UntrustedTypesFoundException as error:
        raise UntrustedTypesError(_untrusted(path, names)) from error
    except LoadError as error:
        if str(error).startswith(str(path)):
            raise
        raise LoadError(f"{path} cannot be loaded: {error}") from error
    except (ImportError, AttributeError) as error:
        if not names:
            raise LoadError(_damaged(path, error)) from error
        raise LoadError(
            f"{path} cannot be loaded: {error}. The code of what is trusted is not in "
            "the file: it has to be found under these names here."
        ) from error
    except Exception as error:
        raise LoadError(_damaged(path, error)) from error


def _damaged(path, error):
    what = f"{error}".rstrip(".") or type(error).__name__
    return (
        f"{path} cannot be loaded: {what}. It is damaged, or was not written by "
        "skanomaly.save."
    )


def _untrusted(path, names):
    named = set(skops.io.get_untrusted_types(file=path))
    unknown = sorted(named - {*LISTED, *names})
    return (
        f"{path} names what is not trusted: {', '.join(unknown)}. If you know it and "
        "trust whoever wrote the file, load it with "
        f"skanomaly.load({str(path)!r}, trusted={unknown})."
    )
