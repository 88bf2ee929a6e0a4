"""What of a trained net is kept in a file, and the net again."""

import torch

from skanomaly._training.batches import Rows
from skanomaly._training.history import RowMean

__all__ = ["restore_net", "saved_net"]

# Parameters of a net that mean something after the training.
KEPT = ("lr", "batch_size", "max_epochs", "optimizer", "device", "verbose")


def saved_net(net):
    """State of a trained net: its module, and what training goes on from.

    Callbacks and iterators are left out. They are parameters of the estimator, and
    every training makes them anew.

    Parameters
    ----------
    net : DetectorNet

    Returns
    -------
    dict
        Plain values, tensors and the module.
    """
    players = net.optimizer_by_player_ or {None: net.optimizer_}
    current = [name for name, o in players.items() if o is net.optimizer_]
    return {
        "module": net.module_,
        "params": {name: getattr(net, name) for name in KEPT},
        "optimizer_params": _optimizer_params(net),
        "optimizers": [[name, o.state_dict()] for name, o in players.items()],
        "player": current[0] if current else None,
        "history": [dict(epoch) for epoch in net.history],
        "built_from": net.built_from_,
        "first_epoch": getattr(net, "first_epoch_", 0),
        "generator": net.iterator_train__generator,
    }


def restore_net(net, state):
    """Fill a net that has no attributes yet.

    Parameters
    ----------
    net : DetectorNet
    state : dict
        What `saved_net` returned. A device that is not there becomes the processor.
    """
    _check_state(state)
    module, params = state["module"], dict(state["params"])
    if torch.device(params["device"]).type == "cuda" and not torch.cuda.is_available():
        params["device"] = "cpu"
    net.__init__(
        lambda **_: module,
        criterion=RowMean,
        dataset=Rows,
        train_split=None,
        callbacks__print_log=None,
        iterator_train__generator=state["generator"],
        **params,
        **state["optimizer_params"],
    )
    net.initialize()
    net.module = type(module)
    net.history.extend(state["history"])
    net.built_from_, net.first_epoch_ = state["built_from"], state["first_epoch"]
    _restore_optimizers(net, state)


def _check_state(state):
    """Refuse what would make a constructor do anything but keep its arguments."""
    params, more = state["params"], state["optimizer_params"]
    is_known = set(params) == set(KEPT) and issubclass(
        params["optimizer"], torch.optim.Optimizer
    )
    if not is_known or not all(name.startswith("optimizer__") for name in more):
        raise ValueError("The file holds a net with other parameters than ours.")


def _optimizer_params(net):
    return {n: v for n, v in vars(net).items() if n.startswith("optimizer__")}


def _restore_optimizers(net, state):
    for name, saved in state["optimizers"]:
        if name is None:
            net.optimizer_.load_state_dict(saved)
            continue
        optimizer = net.optimizer_by_player_[name] = net._make_optimizer(name)
        optimizer.load_state_dict(saved)
        if name == state["player"]:
            net.optimizer_ = optimizer
