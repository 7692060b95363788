"""Levels: the values that say them to sites, and the words of regions for them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.proofing import levels

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "assurance.md"
IALS, AALS = st.sampled_from(levels.IAL_LEVELS), st.sampled_from(levels.AAL_LEVELS)


class TestValues:
    """`urn:manyou:…`."""

    @given(IALS, AALS)
    def test_what_is_written_is_read(self, ial, aal):
        """Both levels in one value."""
        assert levels.parse_acr(levels.acr_of(ial, aal)) == (ial, aal)

    @given(st.text(max_size=40))
    def test_what_is_not_ours_is_nobodys(self, text):
        """An unknown value is ignored, never an error."""
        assert levels.parse_acr(text) is None or text in levels.supported()

    @given(IALS, AALS, IALS, AALS)
    def test_higher_is_enough(self, ial, aal, more_ial, more_aal):
        """A value is met by its levels or better, in both."""
        met = levels.satisfied(levels.acr_of(ial, aal), ial=more_ial, aal=more_aal)

        assert met == (more_ial >= ial and more_aal >= aal)

    @given(st.lists(st.sampled_from([*levels.supported(), "phr", ""])), IALS, AALS)
    def test_an_answer_never_lies(self, asked, ial, aal):
        """What is told holds; the first wish that does, else the levels as they are."""
        told = levels.answer(asked, ial=ial, aal=aal)

        assert levels.satisfied(told, ial=ial, aal=aal)
        held = [value for value in asked if levels.satisfied(value, ial=ial, aal=aal)]
        assert told == (held[0] if held else levels.acr_of(ial, aal))


class TestRegions:
    """A citizen knows the words of their own province."""

    @pytest.mark.parametrize(
        ("region", "words"),
        [
            ("beijing", ["L1", "L2", "L3", "L4"]),
            ("zhejiang", ["1", "2", "3", "3"]),
            ("shanghai", [None, "初级", "中级", "高级"]),
        ],
    )
    def test_our_levels_in_their_words(self, region, words):
        """A level that a region does not have counts as the highest below it."""
        assert [levels.in_region(region, ial) for ial in levels.IAL_LEVELS] == words

    @pytest.mark.parametrize("region", levels.REGIONS)
    def test_more_is_never_less(self, region):
        """Levels rise, and no word stands for two lower bounds."""
        bounds = [least for least, _ in levels.REGIONS[region]]
        words = [word for _, word in levels.REGIONS[region]]

        assert bounds == sorted(set(bounds))
        assert set(bounds) <= set(levels.IAL_LEVELS)
        assert len(set(words)) == len(words)

    def test_an_unknown_region_is_a_slip(self):
        """Nobody guesses a level."""
        with pytest.raises(KeyError):
            levels.in_region("atlantis", 2)


class TestPage:
    """docs/reference/assurance.md says what the code does."""

    def test_it_maps_the_regions_as_the_code_does(self):
        """One row a level, one column a region."""
        page = PAGE.read_text("utf-8")

        for ial in levels.IAL_LEVELS:
            words = (levels.in_region(region, ial) or "–" for region in levels.REGIONS)
            assert f"| IAL {ial} | {' | '.join(words)} |" in page

    def test_it_names_every_method_with_its_level(self):
        """What each method proves."""
        page = PAGE.read_text("utf-8")

        for method, ial in levels.IAL_OF_METHOD.items():
            assert f"| `{method}` | {ial} |" in page
