"""Tables in which several sources describe the same entities."""

import numpy as np
import pandas as pd
import pytest

from skanomaly.correctors import NoisyChannelCorrector
from skanomaly.correctors._cleaning.beliefs import CellPosterior
from skanomaly.correctors._cleaning.sources import (
    GroupTruth,
    SourceVotes,
    find_design,
    goodman_kruskal_lambda,
)

# Columns of `reports`.
SOURCE, THING, FIRST, SECOND, NOTE = range(5)


def reports(n_entities=40, n_sources=9, n_values=60, bad=0.6, seed=0):
    """Reports of sources on two properties of entities; the last third are often wrong.

    Returns the reports and the truth in their place. Each has its own odd note.
    """
    rng = np.random.default_rng(seed)
    entity, source = np.divmod(np.arange(n_entities * n_sources), n_sources)
    truth = rng.integers(n_values, size=(n_entities, 2))[entity]
    rate = np.where(source >= 2 * n_sources // 3, bad, 0.05)
    wrong = rng.random(truth.shape) < rate[:, None]
    reported = np.where(wrong, rng.integers(n_values, size=truth.shape), truth)
    note = rng.integers(5, size=len(entity))
    clean = np.column_stack([source, entity, truth, note])
    codes = np.column_stack([source, entity, reported, note])
    chosen = rng.permutation(len(codes))[: int(0.8 * len(codes))]
    return codes[chosen], clean[chosen]


def sizes(codes):
    return tuple(int(k) + 1 for k in codes.max(axis=0))


def design_of(codes, **options):
    return find_design(codes, sizes(codes), range(codes.shape[1]), **options)


def no_opinion(codes, n_candidates=3):
    shape = codes.shape
    return CellPosterior(
        np.zeros(shape), np.full(shape, -1), np.zeros(shape),
        np.full(shape, -1), *(np.zeros(shape) for _ in range(3)),
        np.full((*shape, n_candidates), -1), np.zeros((*shape, n_candidates)),
    )  # fmt: skip


def test_key_source_and_what_they_describe_are_found():
    codes, _ = reports()
    assert design_of(codes) == ((THING,), SOURCE, (FIRST, SECOND))


def test_no_key_where_all_sources_err_alike():
    codes, _ = reports(bad=0.05)
    assert design_of(codes) is None


def test_no_key_where_sources_are_described_too():
    codes, _ = reports()
    owner = (7 * codes[:, SOURCE]) % 5
    assert design_of(np.column_stack([codes, owner])) is None


def test_months_in_which_entities_change_are_no_sources():
    rng = np.random.default_rng(0)
    staff, month = np.divmod(np.arange(600), 12)
    start = rng.integers(60, size=(50, 2))[staff]
    since = rng.integers(8, 12, size=(50, 2))[staff]
    codes = np.column_stack([month, staff, (start + (month[:, None] >= since)) % 60])
    assert design_of(codes) is None
    assert design_of(rng.permutation(codes)) is None
    # As years since the entry, months are unordered names where rows are in order.
    unordered = rng.permutation(12)[month]
    assert design_of(np.column_stack([unordered, codes[:, 1:]])) is None


def test_no_key_where_values_are_few():
    codes, _ = reports(n_values=4)
    assert design_of(codes) is None


def test_no_key_where_a_source_repeats_itself():
    codes, _ = reports()
    again = np.concatenate([codes, codes[: len(codes) // 10]])
    assert design_of(again) is None


def test_no_key_among_plain_features():
    rng = np.random.default_rng(0)
    kind = rng.integers(30, size=1000)
    codes = np.column_stack([kind, kind // 2, rng.integers(40, size=1000), kind % 7])
    assert design_of(codes) is None


def test_a_known_key_may_have_several_columns_and_no_source():
    codes, _ = reports(bad=0.05)
    split = np.column_stack([codes, codes[:, THING] // 7, codes[:, THING] % 7])
    split[:, THING] = 0
    found = design_of(split, keys=(5, 6))
    assert found == ((5, 6), -1, (FIRST, SECOND))


def test_votes_name_the_wrong_cells_and_what_belongs_there():
    codes, clean = reports()
    codes[::10, FIRST] = -1
    votes = SourceVotes(sizes(codes), range(5)).fit(codes)
    found = votes.overrule(no_opinion(codes), codes)
    for j in (FIRST, SECOND):
        wrong = codes[:, j] != clean[:, j]
        assert ((found.p_error[:, j] > 0.5) == wrong).mean() > 0.95
        assert (found.best[wrong, j] == clean[wrong, j]).mean() > 0.9
        assert (found.p_new[:, j] <= found.p_error[:, j] + 1e-12).all()
    assert (found.best != codes)[:, [FIRST, SECOND]].all()
    assert (found.p_error[:, [SOURCE, THING, NOTE]] == 0).all()


def test_a_row_is_judged_by_what_fit_saw_wherever_it_stands():
    codes, _ = reports()
    votes = SourceVotes(sizes(codes), range(5)).fit(codes)
    whole = votes.overrule(no_opinion(codes), codes)
    part = votes.overrule(no_opinion(codes[7:9]), codes[7:9])
    for a, b in zip(whole, part, strict=True):
        np.testing.assert_array_equal(a[7:9], b)
    unknown = codes[:3].copy()
    unknown[:, THING] = -1
    left = votes.overrule(no_opinion(unknown), unknown)
    assert (left.best == -1).all()


def test_sources_that_no_other_confirms_weigh_less():
    groups = np.repeat(np.arange(20), 5)
    sources = np.tile(np.arange(5), 20)
    values = np.where(sources < 2, 0, 10 * groups + sources) % 97
    values[:5] = [1, 1, 2, 2, 2]
    truth = GroupTruth(20, 5, 97).fit(groups, sources, values)
    # By heads three of five say 2; by what is known of them, 1 is more likely.
    assert truth.ranked(np.array([0]), 2)[0].tolist() == [[1, 2]]
    assert truth.p_true(np.array([0, 0]), np.array([1, 96]))[1] == 0
    total = np.bincount(truth.groups, truth.p)
    assert total == pytest.approx(np.ones(20))


def test_reports_without_a_source_come_from_a_source_of_their_own():
    groups = np.repeat(np.arange(20), 6)
    sources = np.tile([0, 1, 2, 3, 4, -1], 20)
    values = np.tile([0, 0, 0, 1, 2, 3], 20)
    truth = GroupTruth(20, 5, 9).fit(groups, sources, values)
    named = GroupTruth(20, 6, 9).fit(groups, np.where(sources < 0, 5, sources), values)
    assert truth.weights.tolist() == named.weights[:6].tolist()
    assert truth.weights[0] == truth.weights[1] > truth.weights[5]


def test_what_a_person_says_is_the_truth_and_tells_who_is_right():
    groups = np.repeat(np.arange(20), 5)
    sources = np.tile(np.arange(5), 20)
    values = np.tile([0, 0, 1, 1, 1], 20)
    by_hand = np.zeros(100, bool)
    by_hand[[0, 5]] = True  # in two groups the first source is right
    truth = GroupTruth(20, 5, 9).fit(groups, sources, values, by_hand)
    best, p = truth.ranked(np.array([0, 1, 2]), 1)
    assert best.ravel().tolist() == [0, 0, 1]
    assert p[0, 0] == pytest.approx(0.97)
    plain = GroupTruth(20, 5, 9).fit(groups, sources, values)
    assert truth.weights[0] > plain.weights[0]
    assert truth.weights[4] < plain.weights[4]
    assert np.bincount(truth.groups, truth.p) == pytest.approx(np.ones(20))


def test_two_truths_of_one_group_are_none():
    groups, sources = np.repeat([0, 1], 4), np.tile(np.arange(4), 2)
    values = np.array([0, 0, 0, 1, 2, 2, 3, 3])
    by_hand = np.isin(np.arange(8), [0, 3])
    told = GroupTruth(2, 4, 4).fit(groups, sources, values, by_hand)
    plain = GroupTruth(2, 4, 4).fit(groups, sources, values)
    assert told.p.tolist() == plain.p.tolist()


def test_guesses_do_not_count_the_guessed_report():
    groups = np.repeat([0, 1], 4)
    values = np.array([0, 0, 0, 1, 2, 2, 3, 3])
    lam, wrong = goodman_kruskal_lambda(groups, values, 2, 4)
    # In a tie the largest group of the others is the rival one.
    assert wrong.tolist() == [0, 0, 0, 1, 1, 1, 1, 1]
    assert lam == pytest.approx((5 / 8 - 5 / 8) / (5 / 8))


def test_small_groups_and_missing_cells_are_not_guessed():
    lam, wrong = goodman_kruskal_lambda(
        np.array([0, 0, -1, 1]), np.array([1, 1, 1, -1]), n_groups=2, n_values=2
    )
    assert wrong.tolist() == [-1, -1, -1, -1]
    assert lam == 0


@pytest.fixture(scope="module")
def shops():
    codes, clean = reports(n_entities=25)
    names = ["shop", "item", "size", "maker", "note"]
    text = np.char.add("v", codes.astype(str)).astype(object)
    right = np.char.add("v", clean.astype(str)).astype(object)
    return pd.DataFrame(text, columns=names), pd.DataFrame(right, columns=names)


def repaired(X, **params):
    # Every change that is more likely right than wrong: all that a vote says.
    model = NoisyChannelCorrector(alpha=0.5, random_state=0, **params)
    return model.fit_transform(X)


def test_the_corrector_takes_the_votes_unless_told_not_to(shops):
    X, clean = shops
    by_itself, told, without = (
        (repaired(X, keys=keys) != clean).to_numpy().sum()
        for keys in ("auto", ["item"], None)
    )
    n_wrong = (clean != X).to_numpy().sum()
    assert by_itself == told
    assert by_itself < 0.3 * n_wrong
    assert by_itself < without


def test_keys_must_be_columns_of_categories(shops):
    X, _ = shops
    with pytest.raises(ValueError, match="keys names 'town', no column"):
        repaired(X, keys=["town"])
    with pytest.raises(ValueError, match="keys names no column"):
        repaired(X, keys=[])
    numbers = X.assign(item=np.linspace(0, 1, len(X)))
    with pytest.raises(ValueError, match="categorical_features"):
        repaired(numbers, keys=["item"])


@pytest.mark.parametrize(("n_other", "is_disputed"), [(4, True), (1, False)])
def test_a_gap_is_not_filled_where_two_camps_disagree(n_other, is_disputed):
    """Six sources say one thing of each entity, others another, in all properties."""
    source, entity = np.divmod(np.arange((7 + n_other) * 40), 40)
    said = np.where(source < 6, entity, entity + 40)
    codes = np.column_stack([source, entity, said, said + 1])
    codes[source == 6 + n_other, 2:] = -1  # who says nothing
    votes = SourceVotes(sizes(codes), range(4)).fit(codes, keys=(1,))
    found = votes.overrule(no_opinion(codes), codes)
    gaps = source == 6 + n_other
    assert (found.best[gaps, 2] == entity[gaps]).all() or is_disputed
    assert (found.p_new[gaps, 2] <= 0.5).all() == is_disputed
