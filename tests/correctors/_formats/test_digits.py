"""Numbers of a fixed length in groups."""

PHONES = [f"205-555-{i:04d}" for i in range(90)]


def test_phone_numbers_get_the_groups_of_the_majority(rewrite):
    cells = [*PHONES, "(205) 555-0001", "2055550002"]
    right = ["205-555-0001", "205-555-0002"]
    assert rewrite(cells, "(205) 555-0001", "2055550002") == right


def test_a_number_with_a_digit_too_few_does_not_matter_and_stays(rewrite):
    cells = [*PHONES, "205-555-000", "2055550002"]
    right = ["205-555-000", "205-555-0002"]
    assert rewrite(cells, "205-555-000", "2055550002") == right


def test_other_groups_are_no_other_way_of_writing(rewrite):
    assert rewrite([*PHONES, "2055-55-0001"], "2055550002") == ["2055550002"]
