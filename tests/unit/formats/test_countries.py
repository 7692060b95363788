"""Countries in three letters, from the digits on a card."""

import pytest

from idp.formats.countries import three_letters


@pytest.mark.parametrize(
    ("code", "letters"),
    [
        ("156", "CHN"),
        ("840", "USA"),
        ("643", "RUS"),
        ("276", "DEU"),
        ("280", "DEU"),  # what West Germany had: cards live long
        ("104", "MMR"),
        ("180", "COD"),
        ("usa", "USA"),
        ("FRA", "FRA"),
    ],
)
def test_a_country_is_known_by_digits_and_letters(code, letters):
    """ISO 3166-1, as GA 467 cards carry it."""
    assert three_letters(code) == letters


@pytest.mark.parametrize("code", ["", "000", "999", "ZZZ", "XAA", "DDR", "C", "CN", "١٥٦"])
def test_nobody_has_another_code(code):
    """Own use, former countries, nonsense."""
    assert three_letters(code) is None
