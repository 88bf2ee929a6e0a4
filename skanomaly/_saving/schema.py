"""Check the tree of skops before it is built: it must be no larger than its text."""

from skanomaly.exceptions import LoadError

__all__ = ["check_schema"]

# How much larger than its text a tree may be. Those that skops writes are not larger.
MAX_GROWTH = 4


def check_schema(schema):
    """Refuse a tree whose parts stand for each other so often that it explodes.

    skops builds a node with a known ``__id__`` once, and then visits it at every place
    where it stands: a short text could keep it busy for ever.

    Parameters
    ----------
    schema : dict
        What the archive says of its content.
    """
    weights: dict = {}
    expanded, written = _sizes(schema, weights)
    if expanded > MAX_GROWTH * written:
        raise LoadError("its parts refer to each other too often.")


def _sizes(node, weights):
    """Number of nodes with all that they stand for, and of those that are written."""
    parts = node.values() if isinstance(node, dict) else node
    name = node.get("__id__") if isinstance(node, dict) else None
    known = weights.get(name) if name is not None else None
    if name is not None and known is None:
        weights[name] = 1  # until it is known: a circle
    expanded, written = 1, 1
    for part in parts:
        if isinstance(part, dict | list):
            more, lines = _sizes(part, weights)
            expanded, written = expanded + more, written + lines
    if name is None:
        return expanded, written
    weights[name] = max(expanded, known or 0)
    return weights[name], written
