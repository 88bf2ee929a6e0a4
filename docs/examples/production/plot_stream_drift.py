"""
Watch a stream, retrain and re-calibrate
========================================

A detector learns what was normal when it was trained. Machines wear, customers change,
and one day normal rows score like anomalies: the threshold gives alarms that nobody
wants. A test of drift says when. Then the detector goes on learning by ``partial_fit``,
and gets a new threshold by ``calibrate``.
"""

# %%
# A made-up machine has six sensors that depend on two hidden states. Rows come in
# chunks of 500, counted from 0. From chunk 11 to chunk 20 the way in which the sensors
# depend on the states changes bit by bit. One row in a hundred is an anomaly: its
# sensors do not depend on each other.
import numpy as np

rng = np.random.default_rng(0)
old, new = rng.normal(size=(2, 2, 6))


def read_chunk(wear, n_rows=500):
    """Rows, and which of them are anomalies."""
    X = rng.normal(size=(n_rows, 2)) @ (old + wear * (new - old))
    X += 0.1 * rng.normal(size=X.shape)
    is_anomaly = rng.random(n_rows) < 0.01
    X[is_anomaly] = rng.permuted(X, axis=0)[is_anomaly]
    return X, is_anomaly


wear = 0.5 * np.clip((np.arange(30) - 10) / 10, 0, 1)
chunks = [read_chunk(w) for w in wear]

# %%
# Train on rows from before, and let rows that the training has not seen set the
# threshold: two percent of them are called anomalous. ``calibration_scores_`` keeps
# their scores, which new ones are compared with.
from skanomaly.detectors import AutoEncoder

detector = AutoEncoder(latent_dim=2, contamination=0.02, random_state=0)
detector.fit(read_chunk(0, 2000)[0])
detector.calibrate(read_chunk(0, 1000)[0])

# %%
# What if nobody watches? In the end more than a quarter of the normal rows raise an
# alarm.


def false_alarms(detector, X, is_anomaly):
    """Fraction of the normal rows that are called anomalous."""
    return np.mean(detector.predict(X[~is_anomaly]) == -1)


unwatched = [false_alarms(detector, *chunk) for chunk in chunks]
for name, part in [("first", unwatched[:10]), ("last", unwatched[20:])]:
    print(f"{name} ten chunks: {np.mean(part):.1%}")

# %%
# Now with a watch. Each chunk is scored, and ``score_drift_test`` compares its scores
# with those of the calibration rows. Each test has a chance of a false alarm of its
# own, so the level is .05 divided by the 30 tests. Where scores have drifted, half of
# the chunk trains the detector further, in ten passes, and the other half, which the
# training does not see, sets the threshold and is compared with from then on. The wear
# goes on for ten chunks, and four of them are found to have drifted; in the last ten
# chunks about two percent of the normal rows raise an alarm.
import copy

from skanomaly.metrics import score_drift_test

watched = copy.deepcopy(detector)
rates, distances, drifts = [], [], []
for k, (X, is_anomaly) in enumerate(chunks):
    rates.append(false_alarms(watched, X, is_anomaly))
    scores = watched.score_samples(X)
    drift = score_drift_test(watched.calibration_scores_, scores)
    distances.append(drift.statistic)
    if drift.pvalue < 0.05 / len(chunks):
        drifts.append(k)
        for _ in range(10):
            watched.partial_fit(X[::2])
        watched.calibrate(X[1::2])

print(f"drift in the chunks {drifts}")
for name, part in [("first", rates[:10]), ("last", rates[20:])]:
    print(f"{name} ten chunks: {np.mean(part):.1%}")

# %%
# Above: the distance between the scores of a chunk and those of the calibration rows,
# with dotted lines where it was found to be drift. Below: the false alarms. The test
# sees drift before the alarms do: it looks at all scores, they at the highest alone.
import matplotlib.pyplot as plt

fig, (top, bottom) = plt.subplots(2, sharex=True, layout="constrained")
top.plot(distances, "o-", color="#0072B2")
top.set_ylabel("distance of the scores")
bottom.plot(unwatched, "--", color="#D55E00", label="trained once")
bottom.plot(rates, "o-", color="#0072B2", label="watched")
bottom.axhline(0.02, color="black", linewidth=0.8)
bottom.set(xlabel="chunk", ylabel="false alarms")
for ax in (top, bottom):
    for k in drifts:
        ax.axvline(k, color="gray", linestyle=":")
bottom.legend()
plt.show()

# %%
# A new threshold alone would not have been enough. The detector that was trained once
# confuses wear with anomalies, the other one still tells them apart: the area under the
# ROC curve on the last ten chunks.
from skanomaly.metrics import anomaly_roc_auc

X, is_anomaly = (np.concatenate(parts) for parts in zip(*chunks[20:], strict=True))
for name, model in [("trained once", detector), ("watched", watched)]:
    print(f"{name}: {anomaly_roc_auc(is_anomaly, model.anomaly_score(X)):.3f}")
