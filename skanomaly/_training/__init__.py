"""How networks are trained and evaluated: nets, batches, options, thresholds."""
