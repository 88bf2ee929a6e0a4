"""Parts of docstrings that estimators share, beside those of their parameters."""

__all__ = ["ATTRIBUTES", "INPUT_ATTRIBUTES", "NET_PARAMS", "THRESHOLD_ATTRIBUTES"]

NET_PARAMS = """\
**net_params : dict
    ``module__…``, ``optimizer__…``, ``iterator_train__…``, ``iterator_valid__…`` and
    ``callbacks__…`` go to the network, the optimizer, the batch iterators and the
    callbacks, as in skorch. For type checkers, unpack a ``dict[str, Any]`` of them."""

INPUT_ATTRIBUTES = """\
n_features_in_ : int
    Number of columns seen in `fit`.
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the columns, when all of them are strings."""

THRESHOLD_ATTRIBUTES = f"""\
offset_ : float
    Threshold on `score_samples`: `decision_function` subtracts it.
training_scores_ : ndarray of shape (n_samples,)
    Score of each training row, lower is more anomalous. With ``contamination="auto"``
    and 10 to 5,000 rows it is out-of-fold: by a copy of the detector that was trained
    without the row, so that no row vouches for itself; those below `offset_` are the
    anomalies. Otherwise it is ``score_samples`` of the training rows, with images
    those that were held out among them.
calibration_scores_ : ndarray of shape (n_calibration_samples,) or None
    Scores that `p_values` compares with: those of the rows given to `calibrate`, else
    of images that `fit` held out, else `training_scores_` where they are out-of-fold
    or more than 5,000, else None.
{INPUT_ATTRIBUTES}"""

NET_ATTRIBUTE = """\
net_ : skorch.NeuralNet
    The trained net; ``net_.history`` holds the losses of every epoch."""

ATTRIBUTES = f"{NET_ATTRIBUTE}\n{THRESHOLD_ATTRIBUTES}"
