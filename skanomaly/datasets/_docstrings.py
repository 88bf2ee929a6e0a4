"""Parameters that all functions share which read files of data."""

from skanomaly.utils._docstrings import with_texts

__all__ = ["documented"]

CACHE_PARAMETERS = """\
data_home : str or path-like, default=None
    Folder of the data files. None takes the environment variable
    `SKANOMALY_DATA`, else ``~/skanomaly_data``.
download_if_missing : bool, default=True
    Whether to download a file that is not there (with pooch). If False, or if the
    download fails, OSError is raised."""

RETURN_X_Y = """\
return_X_y : bool, default=False
    Whether to return ``(data, target)`` instead of a Bunch."""

AS_FRAME = """\
as_frame : bool, default=False
    Whether data and target are pandas objects."""

documented = with_texts(
    cache_parameters=CACHE_PARAMETERS, return_X_y=RETURN_X_Y, as_frame=AS_FRAME
)
