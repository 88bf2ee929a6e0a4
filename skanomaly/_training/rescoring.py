"""Parameters that choose among the scores of one fit, and the line for each."""

from sklearn.utils.validation import check_is_fitted

from skanomaly._training.detector import DeepDetector

__all__ = ["RescoringMixin"]


class RescoringMixin(DeepDetector):
    """A deep detector that can change its score after `fit`, without another fit.

    Put it first among the bases. The model has an attribute for each of
    `_score_params`; the detector's values count whenever it scores. `offset_` belongs
    to the values that it was drawn for.
    """

    _score_params: tuple[str, ...] = ()
    _threshold_params: dict

    def decision_function(self, X):
        """Signed distance to the threshold: negative is anomalous.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to score.

        Returns
        -------
        ndarray of shape (n_samples,)
            ``score_samples(X) - offset_``.

        Raises
        ------
        ValueError
            When the score is another one than `offset_` was drawn for; `calibrate` or
            `fit` draws it anew.
        """
        check_is_fitted(self)
        if self._threshold_params != self._chosen_score():
            raise ValueError(
                f"offset_ was drawn for {_listed(self._threshold_params)}, but now "
                f"{_listed(self._chosen_score())}. Call calibrate(X) or fit(X) to draw "
                "it for this score; score_samples(X) needs no line."
            )
        return super().decision_function(X)

    def _set_threshold(self, scores):
        super()._set_threshold(scores)
        self._threshold_params = self._chosen_score()

    def _chosen_score(self):
        return {name: getattr(self, name) for name in self._score_params}

    def _score(self, X):
        self._validate_params()  # they may have been set since the fit

        return super()._score(X) + self._score_shift()

    def _module_score(self, module, x):
        self._configure_score(module.model)
        return module.score(x)

    def _score_shift(self):
        """What makes the model's score one in the units of X."""
        return 0.0

    def _configure_score(self, model):
        """Tell a model, the copy that scores, which score is wanted."""
        for name, value in self._chosen_score().items():
            setattr(model, name, value)


def _listed(params):
    return ", ".join(f"{name}={value!r}" for name, value in params.items())
