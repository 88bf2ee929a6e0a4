"""How the benchmarks make the correctors: every setting that is not a default is here.

Imports wait until a corrector is made, so that the baselines run without them. Values
that a training part happens to lack are left alone ("keep") wherever they turn up.
"""

INPAINTERS = {
    "absorbing": {"formulation": "absorbing"},
    "multinomial": {"formulation": "multinomial"},
    "Gaussian": {"formulation": "gaussian"},
    "Gaussian, published": {"formulation": "gaussian", "variant": "published"},
    "Gaussian, no re-sampling": {"formulation": "gaussian", "n_resamplings": 1},
}
SEARCHES = {
    "inverse gradient, published": {
        "search": "gradient",
        "variant": "published",
        "threshold": 0.1,
    },
    "inverse gradient, corrected": {"search": "gradient"},
    "beam": {"search": "beam"},
    "exact": {"search": "exact"},
    "auto": {"search": "auto"},
}


# What --quick adds.
TRIAL: dict = {"inpainter": {}, "search": {}}


def shorten():
    """Train everything that follows for a few steps only: a trial, not a result."""
    TRIAL["inpainter"] = {"n_steps": 150}
    TRIAL["search"] = {"max_epochs": 60}


def is_search_only(name):
    """Whether a fitted `InverseGradientRepair` only has to change its `search`."""
    return set(SEARCHES.get(name, ("none",))) == {"search"}


def inpainter(seed, *, name="absorbing", **params):
    """Return an unfitted `DiffusionInpainter`."""
    from skanomaly.correctors import DiffusionInpainter

    params = {
        "handle_unknown": "keep",
        **INPAINTERS[name],
        **TRIAL["inpainter"],
        **params,
    }
    return DiffusionInpainter(**params, random_state=seed)


def search(seed, *, name="auto", **params):
    """Return an unfitted `InverseGradientRepair`."""
    from skanomaly.correctors import InverseGradientRepair

    if name == "auto + absorbing":
        name, params["inpainter"] = "auto", inpainter(seed)

    params = {**SEARCHES[name], **TRIAL["search"], **params}
    params.setdefault("handle_unknown", "keep")
    return InverseGradientRepair(**params, random_state=seed)


def pipeline(seed, **params):
    """Return an unfitted `AnomalyCorrector` of rows, with labels."""
    from skanomaly.correctors import AnomalyCorrector

    if TRIAL["inpainter"]:
        params["inpainter"] = inpainter(seed)
    return AnomalyCorrector(random_state=seed, handle_unknown="keep", **params)


CORRECTORS = ("AnomalyCorrector", "NoisyChannelCorrector")
WITH_NETWORK = "NoisyChannelCorrector + absorbing"


def cell_corrector(name, seed, **params):
    """Return an unfitted corrector that finds wrong cells, without labels."""
    from skanomaly.correctors import AnomalyCorrector, NoisyChannelCorrector

    if name == "AnomalyCorrector":
        return AnomalyCorrector(random_state=seed, **params)
    if name == WITH_NETWORK:
        params["inpainter"] = inpainter(seed, n_folds=2)
    return NoisyChannelCorrector(random_state=seed, **params)
