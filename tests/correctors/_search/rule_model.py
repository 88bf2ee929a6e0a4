"""Any function of codes as a model: a test double for the searches."""

import numpy as np

from skanomaly.correctors._search.log_odds import LogOddsModel


class RuleModel(LogOddsModel):
    """Log-odds that a function of codes (n, d) gives."""

    def __init__(self, decide, n_categories):
        super().__init__(n_categories)
        self.decide = decide

    def _logits(self, codes):
        return np.asarray(self.decide(codes), dtype=np.float64)
