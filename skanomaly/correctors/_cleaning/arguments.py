"""Arguments of the correctors that judge single cells, checked and read."""

import numpy as np

from skanomaly.correctors._table.arguments import column_mask
from skanomaly.utils._warn import warn_user

__all__ = ["key_columns", "read_roles", "require_rows", "warn_of_abstention"]

ROLES = ("repair", "flag", "ignore")


def read_roles(roles, names):
    """Role of each column, an array of str; `roles` is a dict or None."""
    result = np.full(len(names), "repair", dtype=object)
    names = [str(name) for name in names]
    for column, role in (roles or {}).items():
        if role not in ROLES:
            raise ValueError(f"roles[{column!r}] must be one of {ROLES}, got {role!r}.")
        result[column_mask([column], names, "roles")] = role
    return result


def key_columns(keys, columns_mask, is_numeric):
    """Positions of the columns that are keys; "auto" and None as they are."""
    if keys is None or isinstance(keys, str):
        return keys
    at = np.flatnonzero(columns_mask(keys, "keys"))
    if not len(at):
        raise ValueError("keys names no column: give at least one, 'auto' or None.")
    if is_numeric[at].any():
        raise ValueError(
            f"keys={keys!r} names a column of numbers, which are cut into "
            "bins; name it in categorical_features too."
        )
    return at.tolist()


def require_rows(n_rows):
    """Refuse a table that is too small to learn from."""
    if n_rows < 2:
        raise ValueError(
            f"n_samples={n_rows} normal rows are too few to learn from; at least 2 are "
            "needed."
        )


def warn_of_abstention(detector, names):
    """Say in which columns nothing is changed because too much looks wrong."""
    columns = [str(names[j]) for j in np.flatnonzero(detector.abstains)]
    if columns:
        warn_user(
            f"Far more cells look wrong in {columns} than error_rate="
            f"{detector.error_rate} allows. They may be rare truths, so there only "
            "typing errors and the like are changed. Raise error_rate if they are "
            "errors."
        )
