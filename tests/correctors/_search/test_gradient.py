"""The inverse gradient: its published numbers, and what was mended."""

import numpy as np
import pytest
import torch

from skanomaly.correctors import GradientSearch
from skanomaly.correctors._search.gradient import gradient_search
from skanomaly.correctors._search.log_odds import TorchModel
from skanomaly.correctors._search.problem import RepairProblem
from skanomaly.correctors._search.search import search_repairs
from tests.correctors._search.rule_model import RuleModel

PUBLISHED = {"center": False, "verify": False}
SLIDE_ROW = [1, 1, 3, 3, 3]


def problem_of(model, codes, threshold=0.1, **options):
    codes = np.asarray(codes)
    return RepairProblem(
        model,
        float(np.log(threshold / (1 - threshold))),
        codes,
        options.pop("locked", np.zeros(codes.shape, dtype=bool)),
        np.ones(codes.shape[1]),
        codes.shape[1],
        **options,
    )


def walks_of(problem, *, seed=0, center=True, verify=True, **settings):
    search = GradientSearch(**settings)
    return gradient_search(problem, search, seed=seed, center=center, verify=verify)


def two_categories(p):
    return 5 * p[:, 0] - 5 * p[:, 1]


def sum_model(weights, limit):
    weights = torch.tensor(weights * 5, dtype=torch.float64)
    return TorchModel(lambda p: p @ weights - limit, (4,) * 5)


CENTRED = sum_model([-1.5, -0.5, 0.5, 1.5], 3.0)


@pytest.mark.parametrize(
    ("threshold", "iteration", "p"), [(0.1, 103, 0.0986), (0.6, 71, 0.5126)]
)
def test_one_column_of_two_categories_stops_where_arithmetic_says(
    threshold, iteration, p
):
    walks = walks_of(
        problem_of(TorchModel(two_categories, (2,)), [[0]], threshold),
        noise=0.0, n_restarts=1, **PUBLISHED,
    )  # fmt: skip
    assert walks.iterations.item() == iteration
    assert walks.p.item() == pytest.approx(p, abs=5e-5)
    assert walks.stopped.item() and walks.codes.item() == 1


def test_the_slide_comes_out_again():
    # Audit of the original: ten walks end after 124 to 137 steps, nine change one cell
    # and one changes two, each from 3 to 0 and among the last three.
    walks = walks_of(problem_of(CENTRED, [SLIDE_ROW]), n_iter=500, seed=0, **PUBLISHED)
    assert walks.stopped.all()
    assert (walks.iterations.min(), walks.iterations.max()) == (124, 137)
    masks = walks.codes[0] != SLIDE_ROW
    assert sorted(masks.sum(axis=1)) == [1] * 9 + [2]
    assert not masks[:, :2].any() and (walks.codes[0][masks] == 0).all()
    assert walks.p.min() > 0.007 and walks.p.max() < 0.010


def test_centring_undoes_what_the_offset_of_a_block_does():
    shifted = problem_of(sum_model([0.0, 1.0, 2.0, 3.0], 10.5), [SLIDE_ROW])
    plain = walks_of(shifted, n_iter=500, **PUBLISHED)
    centred = walks_of(shifted, n_iter=500, center=True, verify=False)
    expected = walks_of(problem_of(CENTRED, [SLIDE_ROW]), n_iter=500, **PUBLISHED)
    assert plain.stopped.sum() <= 1  # most of each step is lost
    assert np.array_equal(centred.iterations, expected.iterations)


def walk_by_hand(score, row, sizes, noise, threshold, n_iter=300, step=0.01):
    """The original loop over one row, as its text says, block by block."""

    def normalize(p):
        blocks = [b.clamp_min(0) / b.clamp_min(0).sum() for b in p.split(sizes)]
        return torch.cat(blocks)

    def most_probable(p):
        return [int(b.argmax()) for b in p.split(sizes)]

    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    p = torch.zeros(sum(sizes), dtype=torch.float64)
    p[starts + row] = 1.0
    p = normalize(p + torch.from_numpy(noise))
    for iteration in range(1, n_iter + 1):
        p.requires_grad_()
        a = torch.sigmoid(score(p[None]))[0]
        (g,) = torch.autograd.grad(-torch.log(1 - a), p)
        p = normalize(p.detach() - step * g / g.norm())
        if a.item() < threshold and most_probable(p) != list(row):
            return iteration, most_probable(p)
    return n_iter, most_probable(p)


def crooked_model(sizes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn((sum(sizes), 6), generator=generator, dtype=torch.float64)
    return TorchModel(lambda p: torch.tanh(p @ weights).sum(dim=1) * 3, sizes)


@pytest.mark.parametrize("sizes", [(3, 3, 3), (2, 5, 3)])
def test_many_walks_at_once_are_the_original_loop(sizes):
    model = crooked_model(sizes)
    rng = np.random.default_rng(1)
    rows = np.stack([rng.integers(size, size=12) for size in sizes], axis=1)
    rows = rows[model.logits(rows) > 0][:4]
    walks = walks_of(problem_of(model, rows, 0.4), n_restarts=3, seed=5, **PUBLISHED)
    noise = 0.1 * np.random.default_rng(5).random((3, sum(sizes)))
    for i, row in enumerate(rows):
        for r in range(3):
            expected = walk_by_hand(model.score, row, sizes, noise[r], 0.4)
            assert (walks.iterations[i, r], walks.codes[i, r].tolist()) == expected


def test_results_do_not_depend_on_how_rows_are_batched():
    sizes = (4, 3, 5)
    model, rng = crooked_model(sizes), np.random.default_rng(0)
    rows = np.stack([rng.integers(size, size=30) for size in sizes], axis=1)
    together = walks_of(problem_of(model, rows), n_restarts=4)
    for i in range(0, 30, 7):
        alone = walks_of(problem_of(model, rows[i : i + 1]), n_restarts=4)
        assert np.array_equal(alone.codes, together.codes[i : i + 1])
        assert np.array_equal(alone.iterations, together.iterations[i : i + 1])
        assert np.array_equal(alone.success, together.success[i : i + 1])


def test_verified_walks_end_at_repairs_and_the_published_need_not():
    sizes = (4,) * 5
    weights = torch.arange(4.0, dtype=torch.float64).repeat(5)
    # So flat that the point between rows passes long before a real row does.
    model = TorchModel(lambda p: 8 * (p @ weights - 6.5), sizes)
    rows = np.array([[3, 3, 3, 3, 3], [3, 2, 3, 2, 3]])
    verified = walks_of(problem_of(model, rows, 0.5), n_iter=1000)
    assert verified.success.all()
    assert (verified.codes.sum(axis=2) <= 6).all()
    published = walks_of(problem_of(model, rows, 0.5), n_iter=1000, **PUBLISHED)
    assert published.stopped.any()
    claimed = published.codes[published.stopped]
    assert (claimed.sum(axis=1) > 6).any()
    assert np.array_equal(
        published.success, published.stopped & (published.codes.sum(axis=2) <= 6)
    )


def test_locked_and_missing_cells_stay():
    rows = np.array([SLIDE_ROW, [3, 3, -1, 3, 3]])
    locked = np.zeros((2, 5), dtype=bool)
    locked[:, 4] = True
    walks = walks_of(problem_of(CENTRED, rows, locked=locked), n_iter=600, noise=0.0)
    assert walks.success.any()
    assert (walks.codes[:, :, 4] == 3).all() and (walks.codes[1, :, 2] == -1).all()


def test_no_part_of_a_step_is_spent_on_what_must_stay():
    locked = np.array([[False] * 4 + [True]])
    walks = walks_of(problem_of(CENTRED, [SLIDE_ROW], locked=locked), noise=0.0)
    four = torch.tensor([-1.5, -0.5, 0.5, 1.5] * 4 + [0.0] * 4, dtype=torch.float64)
    # The locked cell adds 1.5 whatever happens.
    without = TorchModel(lambda p: p @ four - 1.5, (4,) * 5)
    expected = walks_of(problem_of(without, [SLIDE_ROW]), noise=0.0)
    assert np.array_equal(walks.iterations, expected.iterations)
    assert np.allclose(walks.p, expected.p)


def test_walks_go_on_until_the_constraints_are_satisfied():
    def allowed(codes, rows):
        return codes[:, 2] != 3

    walks = walks_of(problem_of(CENTRED, [SLIDE_ROW], allowed=allowed), n_iter=600)
    assert walks.success.all() and (walks.codes[:, :, 2] != 3).all()


@pytest.mark.parametrize("options", [PUBLISHED, {}])
def test_a_flat_score_a_single_category_and_giant_steps_fail_quietly(options):
    flat = TorchModel(lambda p: 0 * p[:, 0] + 2.0, (3, 3))
    walks = walks_of(problem_of(flat, [[0, 1]]), **options)
    assert not walks.stopped.any() and walks.codes[0, 0].tolist() == [0, 1]
    assert (walks.iterations == 1).all()
    single = TorchModel(lambda p: p[:, 0] + 2.0, (1,))
    walks = walks_of(problem_of(single, [[0]]), n_iter=5, **options)
    assert not walks.success.any()
    # Both categories pull down: an uncentred giant step leaves the block without mass.
    both = TorchModel(lambda p: 9 * p.sum(dim=1) - 4 * p[:, 0], (2,))
    walks = walks_of(problem_of(both, [[0]]), step=1e3, n_iter=5, **options)
    assert not walks.success.any()


def test_a_search_keeps_every_distinct_walk_ranked_by_its_changes():
    rows = np.array([SLIDE_ROW, [0, 0, 0, 0, 0], SLIDE_ROW])
    result = search_repairs(
        CENTRED, rows, search="gradient", threshold=0.4, n_candidates=10
    )
    assert result.status.tolist() == ["repaired", "normal", "repaired"]
    assert result.walked.tolist() == [0, 2]
    assert np.array_equal(result.walks.codes[0], result.walks.codes[1])
    there = ~np.isnan(result.cost[0])
    assert there.sum() == len(np.unique(result.walks.codes[0], axis=0)) > 1
    assert (np.diff(result.cost[0][there]) >= 0).all()


def test_repairs_of_more_cells_than_allowed_are_left_out():
    # Every walk goes down in both cells at once.
    weights = torch.tensor([0.0, 5.0] * 2, dtype=torch.float64)
    model, row = TorchModel(lambda p: p @ weights - 4.0, (2, 2)), np.array([[1, 1]])
    options = {"search": GradientSearch(noise=0.0)}
    free = search_repairs(model, row, **options)
    assert free.codes.tolist() == [[0, 0]]
    bound = search_repairs(model, row, max_edits=1, **options)
    assert bound.status.tolist() == ["failed"] and bound.codes.tolist() == [[1, 1]]


def test_no_gradient_is_asked_of_what_has_none():
    model = RuleModel(lambda codes: codes[:, 0] - 0.5, (2,))
    with pytest.raises(TypeError, match="search='exact', 'beam' or 'auto'"):
        search_repairs(model, np.array([[1]]), search="gradient")


def test_the_same_seed_gives_the_same_walks_and_another_seed_others():
    model = crooked_model((4, 4, 4))
    rows = problem_of(model, [[0, 1, 2], [3, 3, 3]], 0.01)
    before = np.random.get_state()[1].copy(), torch.random.get_rng_state()  # noqa: NPY002
    first, again, other = (walks_of(rows, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first.p, again.p) and not np.array_equal(first.p, other.p)
    assert np.array_equal(before[0], np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(before[1], torch.random.get_rng_state())
