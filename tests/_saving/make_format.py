"""Write a file of the present format, to be read by all later versions.

``python -m tests._saving.make_format``, once, when the format has changed.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skanomaly
from skanomaly._saving.encoding import FORMAT
from skanomaly.detectors import VAE


def main():
    """Write the file, and some rows with their scores."""
    rows = np.random.default_rng(0).normal(size=(50, 3)).round(3)
    detector = VAE(
        latent_dim=1, hidden_units=(3,), max_epochs=2, n_draws=2, random_state=0
    )
    pipeline = make_pipeline(StandardScaler(), detector).fit(rows)
    path = Path(__file__).with_name(f"format_{FORMAT}.skops")
    skanomaly.save(pipeline, path)
    said = {"rows": rows.tolist(), "scores": pipeline.score_samples(rows).tolist()}
    path.with_suffix(".json").write_text(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
