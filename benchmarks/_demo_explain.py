"""The demonstration's pictures: why a row is odd, and what a network expected."""

import numpy as np
from common import say
from sklearn.datasets import load_breast_cancer, load_digits

from skanomaly.detectors import AutoEncoder
from skanomaly.displays import ReconstructionDisplay, ScoreDistributionDisplay

SEED = 0
NORMAL_DIGIT = 4
OTHERS = (0, 1, 2, 7, 8)
LOOK = """\
Look at reasons.png: bars say which columns made a tumour odd. Look at digits.png: the
network has seen one digit only, and makes that of every other; what differs is the
reason. The line in scores.png is meant to call a tenth of *new* benign tumours odd.
"""


def draw_tumours(save):
    """Scores of new rows, and the reasons for the two oddest; they have their units."""
    X, benign = load_breast_cancer(return_X_y=True, as_frame=True)
    X_train, X_test = X[benign == 1][::2], X.drop(X[benign == 1][::2].index)
    y_test = 1 - benign[X_test.index]
    detector = AutoEncoder(random_state=SEED).fit(X_train)
    alarms = detector.predict(X_test[y_test == 0]) == -1
    say(f"  {alarms.mean():.0%} of new benign tumours are called odd (wanted: 10%)")
    scores = ScoreDistributionDisplay.from_estimator(detector, X_test, y_test)
    save(scores.figure_, "scores")
    oddest = X_test.iloc[detector.score_samples(X_test).argsort()[:2]]
    bars = ReconstructionDisplay.from_estimator(detector, oddest, max_features=8)
    save(bars.figure_, "reasons")


def draw_digits(save):
    """Train on one digit; draw what becomes of others."""
    X, digit = load_digits(return_X_y=True)
    normal = X[digit == NORMAL_DIGIT]
    detector = AutoEncoder(
        image_shape=(1, 8, 8), latent_dim=6, max_epochs=200, contamination=0.1,
        random_state=SEED,
    ).fit(normal[:120])  # fmt: skip
    first = [(digit == d).argmax() for d in OTHERS]
    shown = np.concatenate([normal[120:123], X[first]])
    images = ReconstructionDisplay.from_estimator(detector, shown)
    save(images.figure_, "digits")
