"""What memory this process has in use, and had at most (Linux)."""

import ctypes
import gc
import sys
from pathlib import Path


def give_back():
    """Return freed memory to the system, so that it is not taken for rows."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def forget_peak():
    """Start to look for the peak anew."""
    Path("/proc/self/clear_refs").write_text("5")


def peak():
    """Most bytes that were in use since the last `forget_peak`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
