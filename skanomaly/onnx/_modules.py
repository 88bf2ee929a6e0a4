"""The optional packages that graphs are made with."""

import contextlib
import logging
import warnings
from importlib import import_module

__all__ = ["import_tool", "quietly"]


def import_tool(name):
    """Import a package of the extra `onnx`."""
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f"ONNX graphs need {name.partition('.')[0]}: pip install skanomaly[onnx]"
        ) from error


@contextlib.contextmanager
def quietly():
    """Keep what exporters say about their own insides from the user."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
