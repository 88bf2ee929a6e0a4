import matplotlib
import numpy as np
import pytest
from numpy.testing import assert_allclose

from skanomaly.displays import ArchetypeElbowDisplay
from skanomaly.samplers import ArchetypalAnalysis

matplotlib.use("Agg")
import matplotlib.pyplot as plt


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def X():
    corners = np.random.default_rng(0).normal(size=(4, 6))
    return np.random.default_rng(1).dirichlet(0.3 * np.ones(4), size=80) @ corners


def test_the_curve_is_the_loss_of_each_fit_beside_that_of_the_mean(X):
    display = ArchetypeElbowDisplay.from_data(X, [3, 1, 2], random_state=0)
    assert display.line_.get_xdata().tolist() == [1, 2, 3]
    variance = np.square(X - X.mean(axis=0)).sum()
    losses = [ArchetypalAnalysis(k, random_state=0).fit(X).loss_ for k in (1, 2, 3)]
    assert_allclose(display.line_.get_ydata(), np.array(losses) / variance)
    assert display.unexplained[0] == pytest.approx(1.0)


def test_it_bends_at_the_true_number_of_corners(X):
    unexplained = ArchetypeElbowDisplay.from_data(
        X, range(1, 6), random_state=0
    ).unexplained
    gains = -np.diff(unexplained)
    assert gains[2] > 5 * gains[3]


def test_the_parameters_of_an_estimator_are_taken(X):
    template = ArchetypalAnalysis(n_init=3, random_state=1)
    display = ArchetypeElbowDisplay.from_data(X, [3], estimator=template)
    expected = template.set_params(n_archetypes=3).fit(X).loss_
    assert_allclose(display.unexplained * np.square(X - X.mean(axis=0)).sum(), expected)


def test_equal_rows_leave_nothing_unexplained():
    display = ArchetypeElbowDisplay.from_data(np.ones((5, 2)), [1, 2])
    assert display.unexplained.tolist() == [0.0, 0.0]


def test_axes_a_scale_and_a_name_can_be_given(X):
    ax = plt.subplots()[1]
    display = ArchetypeElbowDisplay.from_data(
        X, [1, 2], random_state=0, ax=ax, name="corners", yscale="log", color="k"
    )
    assert display.ax_ is ax
    assert ax.get_title() == "corners"
    assert ax.get_yscale() == "log"
    assert display.line_.get_color() == "k"


def test_no_numbers_and_too_large_ones_are_refused(X):
    with pytest.raises(ValueError, match="n_archetypes is empty"):
        ArchetypeElbowDisplay.from_data(X, [])
    with pytest.raises(ValueError, match="n_archetypes=81"):
        ArchetypeElbowDisplay.from_data(X, [81])
