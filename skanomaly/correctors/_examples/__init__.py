"""Programs that are learned from a few cells which a person corrected."""
