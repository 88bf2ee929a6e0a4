"""What a user did wrong, said in one line."""

import difflib

__all__ = ["InputError", "closest"]


class InputError(Exception):
    """Arguments or a file that cannot be used: one line, no traceback, status 2."""


def closest(name, names):
    """Return "; did you mean 'city'?" where a known name looks like this one, or ""."""
    found = difflib.get_close_matches(str(name), [str(n) for n in names], n=1)
    if not found:  # "autoencoder" is far from "AutoEncoder" by its characters
        folded = {str(n).casefold(): str(n) for n in names}
        near = difflib.get_close_matches(str(name).casefold(), folded, n=1)
        found = [folded[n] for n in near]
    return f"; did you mean {found[0]!r}?" if found else ""
