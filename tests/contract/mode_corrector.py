"""The smallest corrector there is: a test double for the base class."""

import numpy as np

from skanomaly.correctors._base import BaseCorrector
from skanomaly.correctors._table.records import Candidates, Repair


class ModeCorrector(BaseCorrector):
    """Write the most frequent value into missing cells, and into the first column."""

    def _fit(self, codes, is_anomaly, frame):
        normal = codes if is_anomaly is None else codes[~is_anomaly]
        if len(normal) < 2:
            raise ValueError(f"n_samples={len(normal)} normal rows are too few.")
        columns = zip(normal.T, self._codec.n_categories, strict=True)
        self.modes_ = np.array(
            [np.bincount(c[c >= 0], minlength=k).argmax() for c, k in columns]
        )

    def _repair(self, rows):
        repair = Repair.nothing(rows.codes)
        wrong = rows.open.copy()
        wrong[:, 0] = ~rows.locked[:, 0]
        repair.codes = np.where(wrong, self.modes_, rows.codes)
        changed = (repair.codes != rows.codes).any(axis=1)
        repair.status[changed] = "repaired"
        repair.p_new[wrong] = 0.5
        return repair

    def _propose(self, rows, n_candidates):
        codes = self._repair(rows).codes[:, None]
        return Candidates.of(codes, p=np.ones((len(rows), 1)))
