"""
Has it been trained for long enough?
====================================

A network learns in epochs. The training curve shows whether they were too few, or so
many that it learned its training rows by heart; ``early_stopping`` uses it.
"""

# %%
# Handwritten digits. With ``early_stopping`` a tenth of the training rows is held out,
# and the weights are kept of the epoch in which their loss was lowest. Here the
# patience, ``n_iter_no_change``, is so long that training is never stopped.
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from skanomaly.detectors import AutoEncoder
from skanomaly.displays import TrainingCurveDisplay

X, _ = load_digits(return_X_y=True)
options = {
    "max_epochs": 40,
    "early_stopping": True,
    "n_iter_no_change": 40,
    "contamination": 0.1,
    "random_state": 0,
}
plain = AutoEncoder(noise=0, **options).fit(X / 16)
noisy = AutoEncoder(**options).fit(X / 16)

figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
for detector, name, ax in zip(
    (plain, noisy), ("noise=0", "default noise"), axes, strict=True
):
    TrainingCurveDisplay.from_estimator(detector, name=name, ax=ax)

# %%
# On the left the loss in training keeps falling, and that of the held-out rows follows
# less and less: what is learned holds for new rows less and less. It is still lowest in
# the last epoch (the circle), so 40 epochs are not too many here.
#
# On the right the curves have changed places. That is no mistake. In training the
# network sees rows *with noise* and has to give those without it; held-out rows are
# scored without noise, and after the epoch. So compare how the curves move, not how
# high they are.
for name, detector in {"without noise": plain, "with noise": noisy}.items():
    history = detector.net_.history[-1]
    print(
        f"{name}: in the last epoch {history['train_loss']:.1f} in training, "
        f"{history['valid_loss']:.1f} held out"
    )
