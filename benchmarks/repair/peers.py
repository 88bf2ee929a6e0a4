"""Other libraries of counterfactuals, used if somebody installed them.

Neither is among the requirements: NICEx asks for a numpy below 2, DiCE for packages
that nothing else here needs. `pip install --no-deps NICEx dice-ml raiutils jsonschema
attrs referencing rpds-py jsonschema-specifications lightgbm` has done so far.
"""

import contextlib
import io

import numpy as np


def nice(job, rows, locked, seed):
    """NICE, sparsity first: from the nearest normal row back, cell by cell."""
    from nice import NICE

    table, y = job.train
    codes = job.codec.encode(table)

    def predict(X):
        p = job.p_anomaly(np.asarray(X, dtype=np.int64))
        return np.column_stack([1 - p, p])

    explainer = NICE(
        predict, codes, list(range(codes.shape[1])), y_train=y, optimization="sparsity"
    )
    found = [explainer.explain(row[None].copy())[0] for row in rows]
    return np.array(found, dtype=np.int64)


def dice(job, rows, locked, seed):
    """DiCE by random sampling, one counterfactual, columns locked by its parameter."""
    import dice_ml

    table, y = job.train
    names = job.codec.names
    data = dice_ml.Data(
        dataframe=table.assign(target=y), continuous_features=[], outcome_name="target"
    )
    model = dice_ml.Model(model=_Judge(job), backend="sklearn")
    explainer = dice_ml.Dice(data, model, method="random")
    free = [name for name in names if name not in locked]
    result = rows.copy()
    for i, row in enumerate(rows):
        query = job.codec.decode(row[None])
        # It draws a progress bar for every row, and raises where it finds nothing.
        with contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(Exception):
            answer = explainer.generate_counterfactuals(
                query, total_CFs=1, desired_class=0, features_to_vary=free,
                random_seed=seed, verbose=False,
            )  # fmt: skip
            found = answer.cf_examples_list[0].final_cfs_df[names]
            result[i] = job.codec.encode(found)[0]
    return result


class _Judge:
    """The classifier as DiCE calls it."""

    def __init__(self, job):
        self.job = job

    def predict_proba(self, frame):
        p = self.job.p_anomaly(self.job.codec.encode(frame[self.job.codec.names]))
        return np.column_stack([1 - p, p])

    def predict(self, frame):
        return self.predict_proba(frame).argmax(axis=1)


# Package, function, how many rows.
PEERS = {
    "NICE": ("NICEx", nice, 50),
    "DiCE, random, columns locked": ("dice-ml", dice, 20),
}
