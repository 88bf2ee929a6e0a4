"""
Which columns made the row anomalous?
=====================================

A score only says *that* a row is anomalous. ``feature_scores`` splits it by columns,
and ``reconstruct`` gives the values that the network expected.
"""

# %%
# Wines described by thirteen measurements. One wine gets a single wrong value: its
# alcohol content stays within the range of all wines, but contradicts its other
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
# The contribution of each column, before and after. No univariate check could have
# found the error: the value itself is not unusual.
import matplotlib.pyplot as plt

parts = detector.feature_scores(pd.concat([wine, spoilt])).T
parts.columns = ["original", "with the wrong value"]
ax = parts.iloc[::-1].plot.barh(color=["tab:gray", "tab:red"])
ax.set_xlabel("contribution to the anomaly score")
plt.tight_layout()

# %%
# The value that the detector expected, in the units of the data.
expected = detector.reconstruct(spoilt)
print(f"alcohol expected: {expected['alcohol'].item():.1f}")
