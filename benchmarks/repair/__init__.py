"""How well the correctors repair, beside null baselines and other libraries."""
