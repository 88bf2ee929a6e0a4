"""A package, so that ``from tests.…`` never finds another's `tests`."""
