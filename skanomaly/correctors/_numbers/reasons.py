"""Say in plain English why a number or a date is taken to be wrong."""

import numpy as np

__all__ = ["reason_for", "write"]

# Dates beyond this many are counted in seconds, not in days.
MOST_DAYS = 1e6
# Factors are named from here on.
MIN_FACTOR = 1.5


def write(column, value):
    """Write a value as its column writes it."""
    if column.kind == "date":
        unit = "s" if abs(value) > MOST_DAYS else "D"
        text = str(np.datetime64(int(value), unit)).replace("T", " ")
        return text.removesuffix(" 00:00:00")
    decimals = 0 if column.grid.step >= 1 else column.grid.decimals
    if column.grid.step == 0 or abs(value) > 1e15:
        return f"{value:.6g}"
    on_grid = column.grid.holds(np.array([value]))[0]
    return f"{value:.{decimals}f}" if on_grid else f"{value:.10g}"


def reason_for(column, value, low, high, predicted, is_alone, category):
    """Why a value is odd: beyond all others, or far from what its row makes likely."""
    name = f"{column.name} {write(column, value)}"
    between = f"({write(column, low)} to {write(column, high)})"
    if is_alone:
        side = "below" if value < low else "above"
        if column.kind == "date":
            side = "before" if value < low else "after"
        return f"{name} is {side} every other value {between}"
    factor = value / predicted if predicted > 0 and value > 0 else np.nan
    of = f"this {category}" if category else "such a row"
    if column.kind != "date" and (factor >= MIN_FACTOR or factor <= 1 / MIN_FACTOR):
        return f"{name} is {factor:.3g} times what is usual for {of} {between}"
    side = "below" if value < predicted else "above"
    return f"{name} is far {side} what is usual for {of} {between}"


def reason_for_relation(relation, columns, x, j, value, is_clear):
    """Why a cell of a broken sum or product is taken to be wrong."""
    name = f"{columns[j].name} {write(columns[j], x[j])}"
    if not is_clear:
        return f"{name} does not fit: {relation.formula}, and one of them is wrong"
    if j == relation.target:
        return f"{name} is not {relation.right_side} = {write(columns[j], value)}"
    return f"{name} should be {write(columns[j], value)}: {relation.formula}"


def reason_for_order(order, columns, x, j, is_clear):
    """Why a cell of a broken order is taken to be wrong."""
    first, second = (f"{columns[c].name} {write(columns[c], x[c])}" for c in order.columns)
    early, late = ("before", "after")
    if columns[j].kind != "date":
        early, late = ("below", "above")
    apart = x[order.second] - x[order.first]
    far = "" if apart < 0 else "far "
    text = (
        f"{first} is {far}{late if apart < 0 else early} {second}"
        if j == order.first
        else f"{second} is {far}{early if apart < 0 else late} {first}"
    )
    return text if is_clear else f"{text}, and one of them is wrong"
