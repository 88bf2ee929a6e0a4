"""Search for the fewest changes that make a row normal to a classifier.

The searches need torch, and wait for their use.
"""

from typing import TYPE_CHECKING

from skanomaly.utils._lazy import import_on_use

if TYPE_CHECKING:
    from skanomaly.correctors._search import rules as rules
else:
    __getattr__ = import_on_use(__name__, {"rules": ""})
