"""A normalizing flow of rows given their class."""

import numpy as np
from torch.nn.functional import one_hot

from skanomaly._normalizing_flow import FlowModel, NormalizingFlow
from skanomaly.utils._state import all_or_nothing

__all__ = ["ClassFlow", "class_numbers"]


class ClassFlowModel(FlowModel):
    """Negative log density of a row given its class, in nats."""

    def __init__(self, *, n_classes, **flow_model):
        super().__init__(**flow_model)
        self.n_classes = n_classes

    def forward(self, x, context=None):
        """Loss of each row, shape (n,); the context is the number of its class."""
        return -self.flow.log_prob(self.blur(x), self.condition(x, context))

    def condition(self, x, context):
        """One-hot classes, in the dtype of the rows."""
        return one_hot(context, self.n_classes).to(x.dtype)

    def latents(self, x, context):
        """Latents of rows."""
        return self.flow(x, self.condition(x, context))[0]

    def rows(self, z, context):
        """Rows of latents."""
        return self.flow.inverse(z, self.condition(z, context))


class ClassFlow(NormalizingFlow):
    """A `NormalizingFlow` conditional on the class of every row.

    Parameters
    ----------
    n_classes : int
        Classes, numbered from 0.
    **params : dict
        Parameters of `NormalizingFlow`.
    """

    def __init__(self, *, n_classes, **params):
        super().__init__(**params)
        self.n_classes = n_classes

    @all_or_nothing
    def fit(self, X, y=None, **fit_params):
        """Learn from rows and the numbers of their classes."""
        self._validate_params()
        X = self._validate(X, reset=True)
        self.net_ = self._train(X, np.asarray(y, dtype=np.int64))
        return self

    def transform(self, X, y=None):
        """Compute the latents of rows of the classes y."""

        def latents(module, x, context):
            return module.model.latents(module.standardize(x), context)

        return self._in_chunks(self._validate(X, reset=False), latents, y)

    def inverse_transform(self, X, y=None):
        """Compute rows of the classes y from latents."""

        def rows(module, z, context):
            return module.model.rows(z, context)

        return self._restored(self._in_chunks(X, rows, y))

    def _make_model(self, n_features, **build):
        return ClassFlowModel(
            n_classes=self.n_classes,
            flow=self._build_flow(n_features, n_context=self.n_classes, **build),
            noise=self.noise,
            stream=build["stream"],
        )


def class_numbers(classes, y):
    """Numbers of the classes of rows; unknown classes are refused."""
    codes = np.searchsorted(classes, y).clip(max=len(classes) - 1)
    unknown = classes[codes] != y
    if unknown.any():
        raise ValueError(
            f"y has {y[unknown].tolist()[0]!r}, which is none of the classes "
            f"{classes.tolist()}."
        )
    return codes
