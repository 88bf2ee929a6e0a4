"""
One digit against the rest
==========================

Train on images of a single digit, and detect images of other digits in the test set.
This is the protocol of the Deep SVDD paper, on the small digits that come with
scikit-learn.
"""

# %%
# The training set holds images of one digit and nothing else. In the test set nine of
# ten images are anomalies.
from sklearn.datasets import load_digits

from skanomaly.datasets import one_vs_rest

X, digit = load_digits(return_X_y=True)
normal_digit = 6
X_train, X_test, _, y_test = one_vs_rest(X, digit, normal_digit, random_state=0)
print(f"{len(X_train)} images to train on, {len(X_test)} to test on")

# %%
# ``image_shape`` selects the convolutional network of the paper. It is pretrained as
# the encoder of an autoencoder; then all training images are mapped close to one point.
from skanomaly.detectors import DeepSVDD

detector = DeepSVDD(
    image_shape=(1, 8, 8),
    pretrain_epochs=50,
    max_epochs=50,
    lr=1e-3,
    batch_size=32,
    contamination=0.1,
    random_state=0,
).fit(X_train)

# %%
# How well does the distance to that point separate the digit from the others?
from skanomaly.metrics import anomaly_roc_auc

scores = detector.anomaly_score(X_test)
print(f"ROC AUC: {anomaly_roc_auc(y_test, scores):.3f}")

# %%
# The images closest to the centre and those furthest from it. The colour of the frame
# is the label: blue for the normal digit, red for another.
import matplotlib.pyplot as plt
import numpy as np

order = np.argsort(scores)
fig, axes = plt.subplots(2, 8, figsize=(8, 2.4), layout="constrained")
for row, chosen in zip(axes, (order[:8], order[-8:]), strict=True):
    for ax, i in zip(row, chosen, strict=True):
        ax.imshow(X_test[i].reshape(8, 8), cmap="gray_r")
        ax.set(xticks=[], yticks=[])
        for spine in ax.spines.values():
            spine.set(color="tab:red" if y_test[i] else "tab:blue", linewidth=2)
axes[0, 0].set_ylabel("closest")
axes[1, 0].set_ylabel("furthest")
plt.show()

# %%
# The losses of both phases, which are different functions and not comparable.
phase = np.array([epoch["phase"] for epoch in detector.net_.history])
loss = np.array(detector.net_.history[:, "train_loss"])
fig, axes = plt.subplots(1, 2, figsize=(7, 2.6), layout="constrained")
for ax, name in zip(axes, ("pretraining", "training"), strict=True):
    ax.semilogy(loss[phase == name])
    ax.set(title=name, xlabel="epoch", ylabel="mean loss")
plt.show()
