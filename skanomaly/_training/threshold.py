"""What ``contamination="auto"`` means."""

__all__ = ["AUTO_CONTAMINATION", "MAX_CROSS_FIT_ROWS"]

# The fraction of new normal rows that is called anomalous.
AUTO_CONTAMINATION = 0.1

# Beyond so many rows a network hardly overfits in as many steps
# (benchmarks.detection.thresholds), and the scores of its training rows are enough.
MAX_CROSS_FIT_ROWS = 5000
