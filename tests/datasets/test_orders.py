"""A shop's orders: what is right, what is wrong, what is odd."""

import pandas as pd
import pytest

from skanomaly.datasets import make_orders


def differences(orders):
    """Which cells are wrong, prices compared as numbers."""
    clean = orders.clean.assign(price=orders.clean["price"].map("{:.2f}".format))
    return orders.frame.astype(str) != clean.astype(str)


def days(frame):
    """Days from order to delivery."""
    return (
        pd.to_datetime(frame["delivered"]) - pd.to_datetime(frame["ordered"])
    ).dt.days


def test_clean_orders_keep_the_relations_between_columns():
    clean = make_orders(500, random_state=0).clean
    assert (clean.groupby("city")[["zip", "country"]].nunique() == 1).all(axis=None)
    total = clean["price"] * clean["quantity"]
    assert (clean["total"] - total).abs().max() < 0.01
    assert days(clean).between(1, 9).all()


@pytest.mark.parametrize(("rate", "n_wrong"), [(0.0, 0), (0.1, 20), (1.0, 200)])
def test_as_many_orders_have_one_error_as_the_rate_says(rate, n_wrong):
    wrong = differences(make_orders(200, error_rate=rate, random_state=0)).sum(axis=1)
    assert wrong.sum() == n_wrong and wrong.max() == (n_wrong > 0)


def test_odd_orders_have_no_error_but_differ_from_all_others():
    orders = make_orders(600, error_rate=0.0, odd_rate=0.05, random_state=0)
    odd, usual = orders.clean[orders.is_odd], orders.clean[~orders.is_odd]
    assert len(odd) == 30
    assert (days(odd) > 30).sum() == 10
    sent = set(zip(usual["item"], usual["carrier"], strict=True))
    unfit = [pair not in sent for pair in zip(odd["item"], odd["carrier"], strict=True)]
    assert sum(unfit) == 10


def test_equal_seeds_give_equal_orders_and_others_differ():
    first, again = (make_orders(50, odd_rate=0.1, random_state=3) for _ in range(2))
    pd.testing.assert_frame_equal(first.frame, again.frame)
    assert not first.clean.equals(make_orders(50, odd_rate=0.1, random_state=4).clean)


@pytest.mark.parametrize(
    "params", [{"n_samples": 0}, {"error_rate": 1.5}, {"odd_rate": -0.1}]
)
def test_values_that_make_no_sense_are_refused_by_name(params):
    with pytest.raises(ValueError, match=f"{next(iter(params))}=.*: give a"):
        make_orders(**params)
