"""Noisy-channel cleaning: which cells are wrong, and what should stand there."""
