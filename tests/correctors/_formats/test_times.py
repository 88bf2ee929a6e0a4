"""Times of day."""


def test_times_follow_the_majority(rewrite):
    cells = ["7:10 a.m.", "7:15 p.m.", "11:20 a.m."] * 20 + ["7:15 PM", "07:10am"]
    right = ["7:15 p.m.", "7:10 a.m.", "9:00 p.m."]
    assert rewrite(cells, "7:15 PM", "07:10am", "9:00pm") == right


def test_a_time_without_its_half_stays(rewrite):
    cells = ["7:10 a.m.", "7:15 p.m."] * 20 + ["7:15 PM"]
    assert rewrite(cells, "7:15", "19:15") == ["7:15", "19:15"]
