"""Numbers and dates: relations between columns, and values that cannot be."""
