"""Tools shared by the sub-packages."""
