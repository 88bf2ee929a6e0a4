"""An extension of Sphinx: parts of the documentation that are made when it is built.

`parts.py` writes them before the pages are read; the links of the map, which Sphinx
does not see, are checked at the end.
"""

from generators import decision_map, parts


def setup(app):
    """Connect to the build."""
    app.connect("builder-inited", parts.write)
    app.connect("build-finished", decision_map.check_links)
    return {"parallel_read_safe": True}
