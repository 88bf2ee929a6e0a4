"""
Which columns made the row anomalous?
=====================================

A score alone says *that* a row is odd. ``feature_scores`` splits it over the columns,
and ``reconstruct`` says what the network would have expected.
"""

# %%
# Wines described by thirteen measurements. One wine gets a single wrong entry: its
# alcohol content stays within the range of all wines, but does not go with its other
# measurements.
import pandas as pd
from sklearn.datasets import load_wine

X = load_wine(as_frame=True).data
X_train, wine = X.drop(index=3), X.loc[[3]]
spoilt = wine.assign(alcohol=11.9)
print(f"alcohol was {wine['alcohol'].item()}, is now {spoilt['alcohol'].item()}")
print(f"range of all wines: {X['alcohol'].min()} to {X['alcohol'].max()}")

# %%
from skanomaly.detectors import AutoEncoder

detector = AutoEncoder(max_epochs=300, batch_size=32, random_state=0).fit(X_train)

scores = detector.anomaly_score(pd.concat([wine, spoilt]))
print(f"anomaly score before: {scores[0]:.2f}, after: {scores[1]:.2f}")

# %%
# The part of each column, before and after. Looking at one column after the other could
# not have found it: the entry itself is nothing unusual.
import matplotlib.pyplot as plt

parts = pd.DataFrame(
    detector.feature_scores(pd.concat([wine, spoilt])).T,
    index=X.columns,
    columns=["as it was", "with the wrong entry"],
)
ax = parts.iloc[::-1].plot.barh(color=["tab:gray", "tab:red"])
ax.set_xlabel("part in the anomaly score")
plt.tight_layout()

# %%
# What the detector would have expected, in the units of the data.
expected = pd.Series(detector.reconstruct(spoilt)[0], index=X.columns)
print(f"alcohol expected: {expected['alcohol']:.1f}")
