"""Names in two orders."""

NAMES = [
    "Ann Lee",
    "Bob de la Cruz",
    "Eve Meyer",
    "Gus Li",
    "Hal Smith",
    "Dan Fox",
] * 10
TURNED = ["Lee, Ann", "de la Cruz, Bob", "Meyer, Eve", "Li, Gus", "Smith, Hal"]


def test_names_are_turned_where_both_orders_occur(rewrite):
    assert rewrite(NAMES + TURNED, *TURNED) == NAMES[:5]


def test_a_single_name_in_another_order_proves_nothing(rewrite):
    assert rewrite([*NAMES, "Lee, Ann"], "Lee, Ann") == ["Lee, Ann"]
