"""Time and memory, as ratios of what ran side by side."""
