"""Parts of the documentation that are made when it is built, see `parts.py`."""
