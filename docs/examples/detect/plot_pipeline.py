"""
An autoencoder in a pipeline
============================

Train on benign tumours alone, and detect malignant ones.
"""

# %%
# The rows are 30 measurements of cell nuclei. Malignant tumours are the anomalies: the
# label is 1 for them and 0 for benign ones. Half of the benign rows are for training, a
# quarter for the threshold; the last quarter and all malignant rows are for testing.
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

data = load_breast_cancer(as_frame=True)
X = data.data
y = (data.target_names[data.target] == "malignant").astype(int)
X_train, X_rest = train_test_split(X[y == 0], test_size=0.5, random_state=0)
X_line, X_benign = train_test_split(X_rest, test_size=0.5, random_state=0)
X_test = X.drop(index=X_train.index.union(X_line.index))
y_test = y[X_test.index]

# %%
# A detector is an ordinary scikit-learn estimator, so it can be the last step of a
# pipeline. The measurements are skewed, hence the power transform. It standardizes as
# well, so the detector need not. The training rows are all benign: of them, 5 % are
# called anomalous.
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer

from skanomaly.detectors import AutoEncoder

detector = make_pipeline(
    PowerTransformer(),
    AutoEncoder(
        max_epochs=200,
        batch_size=32,
        standardize=False,
        contamination=0.05,
        random_state=0,
    ),
)
detector.fit(X_train)


# %%
# ``decision_function`` is negative for rows that the detector calls anomalous.
def print_called_anomalous():
    decisions = detector.decision_function(X_test)
    for kind, label in [("benign", 0), ("malignant", 1)]:
        print(f"{kind} called anomalous: {(decisions[y_test == label] < 0).mean():.0%}")


print_called_anomalous()

# %%
# Far more than 5 % of the new benign rows are called anomalous: with a number for
# ``contamination`` the threshold comes from the training rows, which the network
# overfits. The fewer the rows, the worse. So calibrate the threshold on held-out benign
# rows. (The default, ``contamination="auto"``, sets a threshold for a tenth of new rows
# by itself, at the cost of further training.)
detector[-1].calibrate(detector[:-1].transform(X_line))
print_called_anomalous()

# %%
# The histogram shows both classes and the threshold.
from skanomaly.displays import ScoreDistributionDisplay

display = ScoreDistributionDisplay.from_estimator(detector, X_test, y_test)

# %%
# A single number for the ranking, at any threshold: the area under the ROC curve.
# Scores of scikit-learn's detectors are higher for *normal* rows, so their sign is
# changed for a metric that takes anomaly scores.
from skanomaly.metrics import anomaly_roc_auc

auc = anomaly_roc_auc(y_test, -detector.score_samples(X_test))
print(f"area under the ROC curve: {auc:.3f}")
