"""Properties of finding and repairing wrong cells without labels."""

import numpy as np
import pytest
from scipy import sparse

from skanomaly.correctors._cleaning.beliefs import believe
from skanomaly.correctors._cleaning.calibration import (
    Calibration,
    ErrorRates,
    draw_errors,
)
from skanomaly.correctors._cleaning.channel import CellChannel
from skanomaly.correctors._cleaning.error_posterior import ErrorPosterior
from skanomaly.correctors._cleaning.typos import StringChannel

N_CATEGORIES = (8, 8, 4, 8, 8, 8)


def corrupted_table(seed=0, n=600):
    """Columns that all depend on a key; some cells of half of them are wrong.

    4 % of column 1, 2 % of columns 3 and 4, in rows of their own.
    """
    rng = np.random.default_rng(seed)
    key = rng.integers(0, 8, n)
    clean = np.column_stack(
        [key, (3 * key + 1) % 8, key // 2, 7 - key, (5 * key) % 8, (key + 3) % 8]
    )
    dirty = clean.copy()
    wrong = rng.random(n) < 0.04
    dirty[wrong, 1] = (dirty[wrong, 1] + rng.integers(1, 8, wrong.sum())) % 8
    for j in (3, 4):
        more = (rng.random(n) < 0.02) & (dirty == clean).all(axis=1)
        dirty[more, j] = (dirty[more, j] + rng.integers(1, 8, more.sum())) % 8
    return clean, dirty


def sure(posterior):
    """Cells that are in error and whose new value is right, at a risk of a tenth."""
    return posterior.p_new >= 0.9


@pytest.fixture(scope="module")
def fitted():
    clean, dirty = corrupted_table()
    return clean, dirty, ErrorPosterior().fit(dirty, N_CATEGORIES)


def test_wrong_cells_stand_out_and_the_right_value_is_proposed(fitted):
    clean, dirty, model = fitted
    posterior, wrong = model.training_, clean != dirty
    assert posterior.p_error[wrong].min() > posterior.p_error[~wrong].max()
    np.testing.assert_array_equal(posterior.best[wrong], clean[wrong])


def test_what_is_changed_was_wrong_and_becomes_right(fitted):
    clean, dirty, model = fitted
    posterior = model.training_
    changes = sure(posterior)
    assert changes.sum() >= 5
    np.testing.assert_array_equal(posterior.best[changes], clean[changes])
    assert not changes[clean == dirty].any()


def test_rows_that_keep_their_evidence_are_not_judged_again(fitted):
    _, dirty, model = fitted
    seen = model.suspicion(dirty)
    used = believe(dirty, seen)
    lost = (used.evidence != dirty).any(axis=1)
    assert 0 < lost.sum() < 0.2 * len(dirty)
    again = model._without_doubtful(dirty, used, seen, ())
    for part, whole in zip(
        again, model._posterior(dirty, used, (), False), strict=True
    ):
        np.testing.assert_array_equal(part, whole)
    np.testing.assert_array_equal(seen.best, model.suspicion(dirty).best)


def test_new_rows_are_judged_by_what_was_learned(fitted):
    _, _, model = fitted
    clean, dirty = corrupted_table(seed=1, n=200)
    posterior, wrong = model.posterior(dirty), clean != dirty
    assert posterior.p_error[wrong].min() > posterior.p_error[~wrong].max()
    assert not sure(posterior)[~wrong].any()


def test_a_new_row_is_judged_by_itself(fitted):
    _, dirty, model = fitted
    alone, together = model.posterior(dirty[5:6]), model.posterior(dirty)
    for one, all_rows in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one[0], all_rows[5])


def test_the_same_table_gives_the_same_posterior(fitted):
    _, dirty, model = fitted
    again = ErrorPosterior().fit(dirty, N_CATEGORIES).training_
    for one, other in zip(model.training_, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_missing_cells_are_filled_from_the_rest(fitted):
    clean, dirty, model = fitted
    holes = dirty[:20].copy()
    holes[:, 1] = -1
    posterior = model.posterior(holes)
    assert (posterior.p_error[:, 1] == 1).all()
    np.testing.assert_array_equal(posterior.best[:, 1], clean[:20, 1])


def test_candidates_are_sorted_distinct_and_not_the_value_observed(fitted):
    _, dirty, model = fitted
    posterior = model.training_
    p, candidates = posterior.p_candidates, posterior.candidates
    assert (np.diff(p, axis=2) <= 0).all()
    assert (candidates != dirty[:, :, None]).all()
    np.testing.assert_array_equal(candidates[:, 2, 3:], -1)
    np.testing.assert_array_equal(candidates[:, :, 0], posterior.best)


def test_nothing_is_changed_where_nothing_can_be_inferred():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 10, (500, 3))
    model = ErrorPosterior(n_iterations=3).fit(codes, (10, 10, 10))
    assert not sure(model.training_).any()


def city_table():
    """Cities by zip code; in one of twenty some letter has become an "x"."""
    rng = np.random.default_rng(0)
    names = ["boston", "chicago", "denver", "houston", "portland", "memphis"]
    zips = rng.integers(0, 6, 600)
    clean = np.array(names)[zips]
    wrong = rng.random(600) < 0.05
    characters = [rng.choice(list(name)) for name in clean]
    dirty = np.where(
        wrong,
        [c.replace(a, "x") for c, a in zip(clean, characters, strict=True)],
        clean,
    )
    values, codes = np.unique(dirty, return_inverse=True)
    keys = [(k * zips + k) % 7 for k in range(1, 5)]
    return clean, values.astype(object), np.column_stack([codes, *keys])


def test_misspellings_are_repaired_though_some_repeat():
    clean, values, codes = city_table()
    sizes = (len(values), 7, 7, 7, 7)
    model = ErrorPosterior().fit(codes, sizes, values=[values, *[None] * 4])
    posterior = model.training_
    changes = sure(posterior)
    repaired = np.where(changes, posterior.best, codes)[:, 0]
    wrong = values[codes[:, 0]] != clean
    assert np.bincount(codes[wrong, 0]).max() > 1
    assert (values[repaired[wrong]] == clean[wrong]).mean() > 0.8
    np.testing.assert_array_equal(values[repaired[~wrong]], clean[~wrong])
    assert not changes[:, 1:].any()


def test_the_channel_learns_which_characters_errors_put_in():
    _, values, codes = city_table()
    sizes = (len(values), 7, 7, 7, 7)
    texts = [values, *[None] * 4]
    model = ErrorPosterior().fit(codes, sizes, values=texts)
    n_rows = [np.bincount(c, minlength=k) for c, k in zip(codes.T, sizes, strict=True)]
    untaught = StringChannel(texts, n_rows)
    number = {value: k for k, value in enumerate(values)}
    pair = number["bxstxn"], number["boston"]
    learned, before = (m.likelihood_[0][pair] for m in (model.strings_, untaught))
    assert learned > 1.5 * before > 0


def oracle(codes):
    """Conditionals of one that knows the dependence of `corrupted_table`'s column 1."""
    right = np.full((len(codes), 8), np.log(0.01 / 7))
    right[np.arange(len(codes)), (3 * codes[:, 0] + 1) % 8] = np.log(0.99)
    flat = [np.full((len(codes), k), -np.log(k)) for k in N_CATEGORIES]
    return [flat[0], right, *flat[2:]]


def test_a_further_model_is_weighted_by_its_likelihood():
    _, dirty = corrupted_table(n=300)
    further = [oracle(dirty)]
    model = ErrorPosterior(n_iterations=2)
    model.fit(dirty, N_CATEGORIES, conditionals=further)
    useful, useless = model._pools[1][1], model._pools[0][1]
    assert useful > 0.1
    assert np.isfinite(model.posterior(dirty, conditionals=further).p_error).all()
    assert useless <= 1


def test_calibration_finds_the_share_of_errors_among_the_cells_of_a_score():
    rng = np.random.default_rng(0)
    wrong = rng.random(20_000) < 0.1
    said = np.where(wrong, rng.choice([0.2, 0.9], 20_000), 0.2)
    calibrate = Calibration(said, rng.choice([0.2, 0.9], 2000), np.ones(2000))
    assert abs(calibrate(0.2) - wrong[said == 0.2].mean()) < 0.02
    assert calibrate(0.9) > 0.9


def test_injected_errors_are_never_the_right_value_and_follow_the_channel():
    channel, nothing = CellChannel(3), sparse.csr_matrix((3, 3))
    channel.set_errors(np.array([0.45, 0.1, 0.45]), nothing, nothing)
    true = np.repeat([0, 2], 500)
    drawn = draw_errors(true, channel, np.random.default_rng(0))
    assert (drawn != true).all()
    share = (drawn[500:] == 0).mean()
    assert abs(share - 0.45 / 0.55) < 0.05


def test_the_rate_of_errors_is_bounded_by_what_is_observed_above_a_threshold():
    rng = np.random.default_rng(0)
    injected = rng.uniform(0.6, 1, 500)
    observed = np.concatenate([rng.uniform(0, 0.3, 1800), rng.uniform(0.6, 1, 200)])
    rates = ErrorRates([observed], [injected], [observed[:0]])
    assert rates.columns[0] == pytest.approx(0.1, abs=0.03)
    # Nothing is above all; without cells there is nothing to say.
    assert ErrorRates([np.zeros(1000)], [injected], [injected[:0]]).columns[0] < 0.001
    assert ErrorRates([np.zeros(0)], [injected], [injected[:0]]).columns[0] == 0


def test_rare_truths_that_are_to_be_expected_are_no_errors():
    rng = np.random.default_rng(0)
    right = np.where(rng.random(5000) < 0.1, 0.95, 0.1)
    injected = rng.uniform(0.9, 1, 500)
    expected, unexpected = (
        ErrorRates([right], [injected], [like]).columns[0]
        for like in (right[:2000], np.zeros(10))
    )
    assert expected < 0.6 * unexpected


def test_a_column_that_shows_no_errors_takes_the_rate_of_the_table():
    rng = np.random.default_rng(0)
    seen = np.concatenate([rng.uniform(0, 0.2, 950), rng.uniform(0.9, 1, 50)])
    blind = rng.uniform(0, 0.2, 1000)
    none = np.zeros(100)
    injected = [rng.uniform(0.9, 1, 500), blind[:500]]
    rates = ErrorRates([seen, blind], injected, [none, none])
    assert rates.columns == pytest.approx([0.05, 0.05], abs=0.02)


def test_an_error_is_attributed_by_the_share_of_its_most_probable_cause():
    channel, nothing = CellChannel(4), sparse.csr_matrix((4, 4))
    channel.set_errors(np.full(4, 0.25), nothing, nothing)
    p = np.array([[0.4, 0.3, 0.2, 0.1], [0.4, 0.0, 0.6, 0.0]])
    with np.errstate(divide="ignore"):
        attributed = channel.expect(np.log(p), np.array([0, 0]))[0].attributed
    np.testing.assert_allclose(attributed, [0.5, 1.0])
