"""A package, so that ``from tests.common import …`` never finds another's `tests`."""
