"""Columns that users name, and those that say nothing."""

from skanomaly._cli.errors import InputError, closest

__all__ = ["known_columns", "without_empty"]


def known_columns(option, named, table):
    """Return the named columns, each once; an unknown name is an error."""
    for name in named:
        if name not in table.names:
            raise InputError(
                f"{option}: {table.name} has no column {name!r}"
                f"{closest(name, table.names) or f'; it has {table.names}'}"
            )
    return list(dict.fromkeys(named))


def without_empty(X):
    """Leave out columns without a value, of which nothing can be learned.

    Returns
    -------
    X : DataFrame
        The other columns.
    empty : dict
        Names of those that were left out, and why.
    """
    empty = X.isna().all()
    return X.loc[:, ~empty], dict.fromkeys(X.columns[empty], "not judged: no value")
