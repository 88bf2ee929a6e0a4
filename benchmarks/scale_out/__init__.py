"""What Dask's workers add, and what they cost."""
