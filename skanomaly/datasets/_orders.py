"""A shop's orders: a table as it is exported, with errors and with odd rows."""

from __future__ import annotations

import numpy as np
from sklearn.utils import Bunch

from skanomaly.utils._checks import check_count, is_number
from skanomaly.utils._seeds import draw_seed
from skanomaly.utils._typing import RandomStateLike

CITIES = {
    "Bern": ("3011", "Switzerland"),
    "Basel": ("4051", "Switzerland"),
    "Berlin": ("10115", "Germany"),
    "Hamburg": ("20095", "Germany"),
    "Leeds": ("LS1", "Britain"),
    "Milan": ("20121", "Italy"),
    "Turin": ("10121", "Italy"),
}
# What an item costs and weighs, typically, and how it may be sent.
ITEMS = {
    "book": (18.0, 0.5, ("post", "bike")),
    "kettle": (38.0, 1.6, ("post", "bike")),
    "lamp": (75.0, 3.0, ("post", "truck")),
    "chair": (129.0, 9.0, ("truck",)),
    "desk": (349.0, 38.0, ("truck",)),
}
DAYS = {"bike": 1, "post": 3, "truck": 7}
FIRST_DAY = "2025-01-01"
TEXT = ("city", "zip", "country", "item", "carrier", "ordered", "delivered")


def make_orders(
    n_samples: int = 1500,
    *,
    error_rate: float = 0.04,
    odd_rate: float = 0.0,
    random_state: RandomStateLike = None,
) -> Bunch:
    """Make a shop's orders, a table of text, numbers, truth values and dates.

    City, zip code and country determine each other, the total is quantity times price,
    and what an item is says what it weighs and how it is sent. *Errors* are cells that
    are wrong: typing errors, other ways of writing, wrong zip codes and totals. *Odd*
    rows have no wrong cell, but values that do not go together: a desk that a bike
    brings, a book of the weight of a desk, a delivery that took weeks.

    Parameters
    ----------
    n_samples : int, default=1500
        Number of orders.
    error_rate : float, default=0.04
        Fraction of the orders, in [0, 1], that have an error; the kinds take turns.
    odd_rate : float, default=0.0
        Fraction of the orders, in [0, 1], that are odd; the kinds take turns.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Returns
    -------
    orders : :class:`~sklearn.utils.Bunch`
        With

        frame : DataFrame of shape (n_samples, 12)
            The orders, errors included. The index is the number of the order.
        clean : DataFrame of shape (n_samples, 12)
            The orders without errors.
        is_odd : Series of bool of shape (n_samples,)
            Which orders are odd.

    See Also
    --------
    inject_cell_errors : Puts errors into a table of yours.
    fetch_repair_pair : Tables with real errors.

    Examples
    --------
    >>> from skanomaly.datasets import make_orders
    >>> orders = make_orders(200, odd_rate=0.05, random_state=0)
    >>> orders.frame.shape, int(orders.is_odd.sum())
    ((200, 12), 10)
    >>> orders.clean.iloc[0][["city", "zip", "country"]].tolist()
    ['Berlin', '10115', 'Germany']
    """
    n_samples = check_count("n_samples", n_samples)
    _check_rate("error_rate", error_rate)
    _check_rate("odd_rate", odd_rate)
    rng = np.random.default_rng(draw_seed(random_state))
    clean = _draw_orders(n_samples, rng)
    is_odd = _make_odd(clean, odd_rate, rng)
    frame = _with_errors(clean, error_rate, rng)
    return Bunch(frame=frame, clean=clean, is_odd=is_odd)


def _check_rate(name, rate):
    if not is_number(rate) or not 0 <= rate <= 1:
        raise ValueError(f"{name}={rate!r}: give a number in [0, 1].")


def _draw_orders(n_samples, rng):
    """Orders that are in order."""
    import pandas as pd

    city = rng.choice(list(CITIES), n_samples)
    item = rng.choice(list(ITEMS), n_samples, p=[0.4, 0.2, 0.15, 0.15, 0.1])
    listed, weight = np.array([ITEMS[i][:2] for i in item]).T
    carrier = np.array([rng.choice(ITEMS[i][2]) for i in item])
    quantity = rng.integers(1, 6, n_samples)
    price = np.round(listed * rng.normal(1, 0.04, n_samples), 2)
    ordered = _day(rng.integers(0, 330, n_samples))
    days = np.array([DAYS[c] for c in carrier]) + rng.integers(0, 3, n_samples)
    return pd.DataFrame(
        {
            "city": city,
            "zip": [CITIES[c][0] for c in city],
            "country": [CITIES[c][1] for c in city],
            "item": item,
            "carrier": carrier,
            "gift": rng.random(n_samples) < np.where(weight > 5, 0.02, 0.3),
            "quantity": quantity,
            "price": price,
            "total": np.round(price * quantity, 2),
            "weight": np.round(weight * rng.lognormal(0, 0.15, n_samples), 2),
            "ordered": ordered.strftime("%Y-%m-%d"),
            "delivered": (ordered + _days(days)).strftime("%Y-%m-%d"),
        },
        index=pd.RangeIndex(70_001, 70_001 + n_samples, name="order"),
    ).astype(dict.fromkeys(TEXT, object))


def _day(n_days):
    import pandas as pd

    return pd.Timestamp(FIRST_DAY) + _days(n_days)


def _days(n_days):
    import pandas as pd

    return pd.to_timedelta(n_days, unit="D")


def _make_odd(orders, rate, rng):
    """Change orders in place so that their values do not go together."""
    import pandas as pd

    n_odd = round(rate * len(orders))
    rows = rng.permutation(orders.index)[:n_odd]
    for k, row in enumerate(rows):
        ODDITIES[k % len(ODDITIES)](orders, row)
    return pd.Series(orders.index.isin(rows), index=orders.index, name="is_odd")


def _unfit_carrier(orders, row):
    """A bike brings what is heavy, a truck what is light."""
    is_light = orders.loc[row, "item"] in ("book", "kettle")
    orders.loc[row, "carrier"] = "truck" if is_light else "bike"


def _unfit_weight(orders, row):
    """An order weighs what another item weighs."""
    is_heavy = orders.loc[row, "item"] in ("chair", "desk")
    orders.loc[row, "weight"] = 0.6 if is_heavy else 36.0


def _late(orders, row):
    """The delivery takes five weeks."""
    import pandas as pd

    late = pd.Timestamp(orders.loc[row, "ordered"]) + _days(35)
    orders.loc[row, "delivered"] = late.strftime("%Y-%m-%d")


ODDITIES = (_unfit_carrier, _unfit_weight, _late)


def _with_errors(clean, rate, rng):
    """Put an error into some orders; columns of numbers with text become text."""
    frame = clean.astype(object)
    rows = rng.permutation(clean.index)[: round(rate * len(clean))]
    columns = list(ERRORS)
    for k, row in enumerate(rows):
        column = columns[k % len(columns)]
        frame.loc[row, column] = ERRORS[column](clean.loc[row, column])
    written = {"price": _as_text}
    for column, write in written.items():
        frame[column] = frame[column].map(write)
    kept = {n: t for n, t in clean.dtypes.items() if n not in written}
    return frame.astype(kept)


def _as_text(price):
    return price if isinstance(price, str) else f"{price:.2f}"


def _other_zip(code):
    """The zip code of a city far away."""
    return "10121" if code in ("3011", "4051") else "3011"


def _other_order(day):
    year, month, day = day.split("-")
    return f"{day}.{month}.{year}"


ERRORS = {
    "city": lambda city: city[0] + city[2:],  # a letter is missing
    "zip": _other_zip,
    "country": str.lower,
    "carrier": lambda carrier: "n/a",
    "quantity": lambda quantity: 500,
    "price": lambda price: f"{price} EUR",
    "total": lambda total: round(10 * total, 2),
    "ordered": _other_order,
}
