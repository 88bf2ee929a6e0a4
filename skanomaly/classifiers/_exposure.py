"""The network of a classifier that has to be unsure about outliers, and its training.

The class of a row travels as its last column: training knows only rows.
"""

from functools import partial

import numpy as np
from torch.nn.functional import cross_entropy, log_softmax, pad

from skanomaly.detectors._outlier_training import OutlierModel, OutlierTrainer
from skanomaly.samplers._class_flow import moments_but_last
from skanomaly.samplers._outliers import fit_sampler

__all__ = ["ExposureTrainer"]


class ExposureModel(OutlierModel):
    r"""Cross-entropy of a row, plus what the classifier is too sure about an outlier.

    :math:`-\log p_y(x) + \beta \mathrm{KL}(U \Vert p(\tilde x))` for the uniform
    distribution :math:`U` of the classes.
    """

    def __init__(self, network, beta, *, stream, **module_params):
        super().__init__(network, stream=stream, **module_params)
        self.beta = beta

    def forward(self, rows):
        """Loss of each row and of one outlier beside it, shape (n,)."""
        x, code = rows[:, :-1], rows[:, -1].long()
        if self.beta == 0.0:
            return cross_entropy(self.network(x), code, reduction="none")
        logits, outlier_logits = self.with_outliers(x)
        loss = cross_entropy(logits, code, reduction="none")
        return loss + self.beta * self.certainty(outlier_logits)

    @staticmethod
    def certainty(logits):
        """Kullback-Leibler divergence from the prediction to the uniform, in nats."""
        return -log_softmax(logits, dim=-1).mean(-1) - np.log(logits.shape[-1])


class ExposureTrainer(OutlierTrainer):
    """Train the network of `OutlierExposureClassifier`; no detector for users.

    Parameters
    ----------
    beta : float
        Weight of the outliers.
    classes : ndarray of shape (n_classes,)
        The classes; the last column of a row is the position of its own.
    """

    def __init__(self, *, beta, classes, **training):
        super().__init__(**training)
        self.beta = beta
        self.classes = classes

    def logits(self, X):
        """Unnormalized log-probabilities of the classes, (n_samples, n_classes)."""
        return self._in_chunks(
            X, lambda module, x: module.model.network(_standardized(module, x))
        )

    def _make_model(self, n_features):
        self._check_shapes(n_features - 1)
        network = self._network(n_features - 1, len(self.classes))
        return partial(ExposureModel, network, float(self.beta))

    def _fit_sampler(self, X, seed):
        if self.beta == 0.0:
            return None
        y = self.classes[X[:, -1].astype(int)]
        return fit_sampler(self._given_sampler(), X[:, :-1], y, seed)

    def _moments(self, X):
        return moments_but_last(super()._moments(X[:, :-1]))

    def _as_seen(self, module, rows):
        x = super()._as_seen(module, np.column_stack([rows, np.zeros(len(rows))]))
        return x[:, :-1]


def _standardized(module, x):
    return module.standardize(pad(x, (0, 1)))[:, :-1]
