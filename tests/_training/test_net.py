"""The skorch net: its batches, and that the lean loop computes what skorch computes."""

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback, EpochScoring, LRScheduler
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.data import DataLoader, Subset

from skanomaly._training import batches as _batches
from skanomaly._training.batches import HoldOut, MemberBatches, Rows, TensorBatches
from skanomaly._training.callbacks import watches_batches
from skanomaly._training.history import RowMean
from skanomaly._training.net import DetectorNet
from skanomaly._training.standardized import StandardizedModel
from skanomaly._training.steps import mean_gradient, plain_step
from skanomaly.detectors import AutoEncoder
from skanomaly.exceptions import TrainingDivergedError
from skanomaly.nets.layers import squared_error


def batches_of(rows, **options):
    return [x for x, _ in TensorBatches(rows, **options)]


@pytest.fixture
def rows():
    return Rows(torch.arange(22.0).reshape(11, 2))


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("batch_size", [1, 2, 3, 4, 5, 11, 100])
def test_a_pass_yields_every_row_once(rows, shuffle, batch_size):
    batches = batches_of(rows, batch_size=batch_size, shuffle=shuffle)
    seen = torch.cat(batches)[:, 0].sort().values
    assert torch.equal(seen, rows.X[:, 0])
    assert len(batches) == len(TensorBatches(rows, batch_size=batch_size))


@pytest.mark.parametrize("batch_size", [2, 5, 10])
def test_no_batch_has_a_single_row(rows, batch_size):
    # Eleven rows leave one over at each of these sizes.
    assert min(len(x) for x in batches_of(rows, batch_size=batch_size)) > 1


def test_drop_last_never_drops_the_only_batch(rows):
    full = batches_of(rows, batch_size=4, drop_last=True)
    assert [len(x) for x in full] == [4, 4]
    assert [len(x) for x in batches_of(rows, batch_size=50, drop_last=True)] == [11]


def test_a_subset_is_read_through_its_indices_without_a_copy(rows):
    subset = Subset(rows, torch.tensor([7, 1, 4]))
    batches = TensorBatches(subset, batch_size=2)
    assert batches.tensors[0] is rows.X
    assert torch.equal(torch.cat([x for x, _ in batches]), rows.X[[7, 1, 4]])


def test_every_pass_has_a_new_order_and_a_seed_repeats_them(rows):
    def passes(seed):
        generator = torch.Generator().manual_seed(seed)
        batches = TensorBatches(rows, 4, shuffle=True, generator=generator)
        return [torch.cat([x for x, _ in batches]) for _ in range(2)]

    first, second = passes(0)
    again, _ = passes(0)
    assert torch.equal(first, again)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("n_columns", [1, 3, 16, 20])
@pytest.mark.parametrize("batch_size", [7, 32, 100])
def test_rows_gathered_for_many_batches_are_those_of_each(
    n_columns, batch_size, monkeypatch
):
    data = Rows(torch.randn(1001, n_columns))

    def is_partial_fit():
        generator = torch.Generator().manual_seed(0)
        return batches_of(
            data, batch_size=batch_size, shuffle=True, generator=generator
        )

    gathered = is_partial_fit()
    monkeypatch.setattr(_batches, "GATHERED_BYTES", 0)
    single = is_partial_fit()
    assert [len(x) for x in gathered] == [len(x) for x in single]
    assert torch.equal(torch.cat(gathered), torch.cat(single))
    # Elsewhere, products of matrices have other last bits.
    assert not any(x.data_ptr() % _batches.ALIGNMENT for x in gathered)


def test_no_more_rows_are_gathered_at_once_than_fit_a_small_buffer():
    batches = batches_of(Rows(torch.randn(9000, 16)), batch_size=32, shuffle=True)
    buffers = {x.untyped_storage().data_ptr(): x.untyped_storage() for x in batches}
    assert 1 < len(buffers) < len(batches) / 10
    assert max(b.nbytes() for b in buffers.values()) <= _batches.GATHERED_BYTES


def test_hold_out_parts_are_disjoint_and_complete(rows):
    train, valid = HoldOut(3, seed=0)(rows)
    assert len(valid) == 3
    indices = np.sort(np.concatenate([train.indices, valid.indices]))
    np.testing.assert_array_equal(indices, np.arange(11))


class Weighted(torch.nn.Module):
    """Squared error of a linear guess of the context."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(2, 1)

    def forward(self, x, context):
        return (self.linear(x)[:, 0] - context) ** 2


@pytest.mark.parametrize("members", [False, True])
def test_context_stays_beside_its_row(members):
    x = torch.arange(44.0).reshape(22, 2)
    data = Rows(x, context=x[:, 0].long())
    generator = torch.Generator().manual_seed(0)
    batches = TensorBatches(data, 4, shuffle=True, generator=generator)
    if members:
        batches = MemberBatches(data, 4, shuffle=True, generator=[generator] * 3)
    seen = [batch for batch, target in batches if batch is target]
    assert len(seen) == len(batches)
    assert all((b["x"][..., 0] == b["context"]).all() for b in seen)
    shape = (22, 3) if members else (22,)
    assert torch.cat([b["context"] for b in seen]).shape == shape


def test_context_changes_neither_order_nor_batches_of_the_rows():
    x = torch.randn(1001, 16)
    options = {"batch_size": 32, "shuffle": True}
    alone, beside = (
        batches_of(data, generator=torch.Generator().manual_seed(0), **options)
        for data in (Rows(x), Rows(x, context=x[:, 0]))
    )
    pairs = zip(alone, beside, strict=True)
    assert all(torch.equal(rows, batch["x"]) for rows, batch in pairs)


@pytest.mark.parametrize("n_valid", [0, 10])
def test_both_loops_call_the_module_with_the_context(n_valid):
    def trained(callbacks):
        torch.manual_seed(0)
        net = DetectorNet(
            Weighted,
            criterion=RowMean,
            dataset=Rows,
            train_split=HoldOut(n_valid, seed=0) if n_valid else None,
            iterator_train=TensorBatches,
            iterator_valid=TensorBatches,
            batch_size=8,
            max_epochs=30,
            lr=0.05,
            verbose=0,
            callbacks=callbacks,
        )
        return net.partial_fit(Rows(x, context=x.sum(dim=1)))

    x = torch.randn(40, 2)
    lean, watched = trained([]), trained([Watcher()])
    assert lean.history[-1, "train_loss"] < 0.1
    assert torch.equal(lean.module_.linear.weight, watched.module_.linear.weight)
    assert (n_valid > 0) == ("valid_loss" in lean.history[-1])


def test_the_standardization_hands_the_context_on():
    model = StandardizedModel(Weighted(), np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    x, context = torch.tensor([[4.0, 6.0]]), torch.tensor([5.0])
    expected = (model.model.linear(torch.ones(1, 2))[:, 0] - 5.0) ** 2
    torch.testing.assert_close(model(x, context=context), expected)


class Watcher(Callback):
    """A callback that wants to see batches and so forces skorch's own loop."""

    def on_batch_end(self, net, **kwargs):
        self.n_batches_ = getattr(self, "n_batches_", 0) + 1


def weights_of(detector):
    return [p.detach().numpy() for p in detector.net_.module_.parameters()]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"early_stopping": True},
        {"dropout": 0.2},
        {"optimizer__weight_decay": 0.1, "optimizer__betas": (0.5, 0.9)},
        {"optimizer__amsgrad": True, "optimizer__maximize": True},
        {"optimizer__fused": False},
        {"optimizer": torch.optim.AdamW},
        {"optimizer": torch.optim.SGD},
        {"optimizer__param_groups": [("*encoder*", {"lr": 0.1})]},
    ],
)
def test_the_lean_loop_gives_the_weights_of_skorchs_loop_bit_for_bit(blob, options):
    # Copies for a threshold would be trained in the same loops.
    settings = {"contamination": 0.1, "hidden_units": (16,), "n_neighbors": 0}
    settings |= {"batch_size": 64, "max_epochs": 4, "random_state": 0, **options}
    lean = AutoEncoder(**settings).fit(blob)
    stock = AutoEncoder(**settings, callbacks=[Watcher()]).fit(blob)
    for mine, skorchs in zip(weights_of(lean), weights_of(stock), strict=True):
        np.testing.assert_array_equal(mine, skorchs)
    np.testing.assert_allclose(
        lean.net_.history[:, "train_loss"],
        stock.net_.history[:, "train_loss"],
        rtol=1e-6,
    )
    assert len(lean.net_.history[0, "batches"]) == 1
    assert len(stock.net_.history[0, "batches"]) > 1


@pytest.mark.parametrize("early_stopping", [False, True])
def test_skorchs_loop_stops_at_a_loss_that_is_not_finite(blob, early_stopping):
    detector = AutoEncoder(lr=1e37, max_epochs=5, callbacks=[Watcher()])
    detector.set_params(early_stopping=early_stopping)
    with pytest.raises(TrainingDivergedError, match=r"epoch \d+, batch \d+"):
        detector.fit(blob)


def test_a_pytorch_data_loader_can_take_the_place_of_our_batches(blob):
    detector = AutoEncoder(iterator_train=DataLoader, max_epochs=2, random_state=0)
    losses = detector.fit(blob).net_.history[:, "train_loss"]
    assert losses[1] < losses[0]


def test_the_net_of_a_fitted_detector_goes_on_with_rows_in_their_own_units(blob):
    detector = AutoEncoder(max_epochs=5, random_state=0).fit(blob)
    net = detector.net_.partial_fit(Rows(torch.from_numpy(blob).float()))
    before, after = net.history[4, "train_loss"], net.history[5, "train_loss"]
    assert after < 1.5 * before


def test_only_callbacks_that_look_at_batches_cost_the_lean_loop():
    assert watches_batches(Watcher())
    assert watches_batches(LRScheduler("CyclicLR", step_every="batch"))
    assert not watches_batches(LRScheduler("StepLR", step_size=1))
    assert not watches_batches(EpochScoring(lambda *_: 0.0, use_caching=False))
    assert not watches_batches(Callback())


def gradients(model, generator):
    for weight in model.parameters():
        weight.grad = torch.randn(weight.shape, generator=generator)


@pytest.mark.parametrize("options", [{}, {"amsgrad": True, "weight_decay": 0.1}])
def test_the_plain_step_leaves_the_optimizer_as_its_own_step_does(options):
    ends = []
    for plain in (False, True):
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 2)
        adam = torch.optim.Adam(model.parameters(), lr=0.1, fused=True, **options)
        step = plain_step(adam) if plain else adam.step
        assert (step == adam.step) is not plain
        generator = torch.Generator().manual_seed(1)
        for lr in (0.1, 0.05, 0.02):
            gradients(model, generator)
            adam.param_groups[0]["lr"] = lr
            step()
        # A weight that gets no gradient stays where it is, and so does its state.
        gradients(model, generator)
        model.bias.grad = None
        step()
        gradients(model, generator)
        step()
        ends.append((model.state_dict(), adam.state_dict()))
    (weights, state), (plain_weights, plain_state) = ends
    for name, weight in weights.items():
        assert torch.equal(weight, plain_weights[name])
    assert state["param_groups"] == plain_state["param_groups"]
    assert state["state"].keys() == plain_state["state"].keys()
    for key, values in state["state"].items():
        for name, value in values.items():
            assert torch.equal(value, plain_state["state"][key][name]), name


def test_whoever_watches_the_steps_of_the_optimizer_gets_to_see_them():
    model = torch.nn.Linear(3, 2)
    hooked = torch.optim.Adam(model.parameters(), fused=True)
    hooked.register_step_post_hook(lambda *_: None)
    scheduled = torch.optim.Adam(model.parameters(), fused=True)
    torch.optim.lr_scheduler.StepLR(scheduled, 1)
    two_groups = [{"params": [w]} for w in model.parameters()]
    others = [
        hooked,
        scheduled,
        torch.optim.Adam(two_groups, fused=True),
        torch.optim.Adam(model.parameters()),
        torch.optim.AdamW(model.parameters(), fused=True),
    ]
    for optimizer in others:
        assert plain_step(optimizer) == optimizer.step


def test_a_single_weight_has_a_plain_step_too():
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(2))], fused=True)
    assert plain_step(optimizer) != optimizer.step


def test_whoever_watches_the_steps_of_all_optimizers_gets_to_see_them():
    optimizer = torch.optim.Adam(torch.nn.Linear(3, 2).parameters(), fused=True)
    handle = register_optimizer_step_post_hook(lambda *_: None)
    try:
        assert plain_step(optimizer) == optimizer.step
    finally:
        handle.remove()
    assert plain_step(optimizer) != optimizer.step


@pytest.mark.parametrize("shape", [(1,), (3,), (7,), (1000,)])
def test_the_kept_gradient_is_that_of_the_mean_bit_for_bit(shape):
    losses = torch.ones(shape, requires_grad=True)
    losses.mean().backward()
    kept = mean_gradient(losses.shape, losses.dtype, losses.device)
    assert torch.equal(kept, losses.grad)
    if shape != (1,):
        with pytest.raises(RuntimeError):
            kept.mul_(2.0)


@pytest.mark.parametrize("shape", [(7,), (50, 7)])
def test_a_squared_error_is_a_square_bit_for_bit_and_so_is_its_gradient(shape):
    generator = torch.Generator().manual_seed(0)
    output, target = (torch.randn(s, generator=generator) for s in ((50, 7), shape))
    errors, gradients = [], []
    for square in (squared_error, lambda a, b: torch.square(a - b)):
        own = output.clone().requires_grad_()
        errors.append(square(own, target))
        (errors[-1].sum(dim=-1) / 3.0).sum().backward()
        gradients.append(own.grad)
    assert torch.equal(*errors) and torch.equal(*gradients)
