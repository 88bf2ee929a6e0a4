"""Texts as tokens, and the patterns of these."""

import pytest

from skanomaly.correctors._examples.tokens import pattern, tokens


def test_numbers_words_and_signs_are_tokens():
    assert tokens("6:45aDec 1") == ("6", ":", "45", "a", "Dec", " ", "1")
    assert tokens("USA_Élan") == ("USA", "_", "Élan")
    assert tokens("12.0  oz") == ("12", ".", "0", "  ", "oz")


@pytest.mark.parametrize(
    "text", ["", "a", "McDonald's", "1/1/07", "\u4e2d\u6587 7", "\n"]
)
def test_tokens_are_the_whole_text(text):
    assert "".join(tokens(text)) == text


def test_the_number_of_words_does_not_matter_but_their_signs_do():
    assert pattern("New York") == pattern("Rome")
    assert pattern("Miller, Ann") != pattern("Ann Miller")
    assert pattern("12 oz") != pattern("12 OZ")
    assert pattern(None) != pattern("")
