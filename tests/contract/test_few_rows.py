"""Early stopping and batch normalisation on few rows."""

import numpy as np
import pytest
from torch import nn

from skanomaly.detectors import AutoEncoder
from tests.contract.estimators import ESTIMATORS, every_estimator, takes_module
from tests.contract.rows import rows

# Some networks here have biases, of which DeepSVDD warns.
pytestmark = pytest.mark.filterwarnings("ignore:module has the parameter:UserWarning")


@every_estimator
def test_an_empty_validation_split_is_a_warning_and_watches_the_training_loss(name):
    detector = ESTIMATORS[name](
        early_stopping=True, validation_fraction=0.1, n_iter_no_change=2, lr=1e-12
    ).set_params(max_epochs=50)
    with pytest.warns(UserWarning, match=r"validation_fraction=0\.1.*training loss"):
        detector.fit(rows(5))
    assert "valid_loss" not in detector.net_.history[-1]
    assert np.isfinite(detector.score_samples(rows())).all()


@every_estimator
def test_early_stopping_works_on_two_rows(name):
    detector = ESTIMATORS[name](early_stopping=True, validation_fraction=0.5).fit(
        rows(2)
    )
    assert np.isfinite(detector.score_samples(rows())).all()


class Normalised(nn.Sequential):
    """A network that cannot train on a single row."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__(nn.Linear(n_inputs, n_outputs), nn.BatchNorm1d(n_outputs))


# Two rows are equally far from what lies between them.
@pytest.mark.filterwarnings("ignore:All training scores are equal:UserWarning")
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("n_rows", [17, 33, 2, 16])
@takes_module
def test_batch_normalisation_survives_a_last_batch_of_one(name, n_rows, early_stopping):
    detector = ESTIMATORS[name](
        module=Normalised,
        batch_size=16,
        early_stopping=early_stopping and n_rows > 2,
        validation_fraction=0.5,  # of 33: 17 rows to train
    )
    detector.fit(rows(n_rows))
    sizes = detector.net_.history[-1, "train_batch_count"]
    assert sizes == 1 if n_rows != 33 or early_stopping else 2
    assert np.isfinite(detector.score_samples(rows(1))).all()


def test_batches_of_one_row_cannot_be_normalised():
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        AutoEncoder(module=Normalised, batch_size=1, max_epochs=1).fit(rows())
