"""One class of images against the rest, beside the published figures of Deep SVDD."""
