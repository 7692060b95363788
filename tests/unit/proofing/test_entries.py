"""What is typed: lenient in form, and rare characters by their number."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.errors import FieldErrors
from idp.proofing import entries

NUMBER = "11010519491231002X"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("李U+2CC56", "李\U0002cc56"),
        ("李u+2cc56", "李\U0002cc56"),
        ("李 U＋2CC56", "李\U0002cc56"),
        ("U+9FB4U+9FB5", "\u9fb4\u9fb5"),
        ("阿依古丽•买买提", "阿依古丽\u00b7买买提"),
        (" 张 三 ", "张三"),
    ],
)
def test_names(typed, kept):
    assert entries.read(typed, NUMBER).name == kept


@pytest.mark.parametrize("typed", ["U+D800", "李U+110000", "李U+0031", "李U+200B", "", "李"])
def test_no_such_characters_in_a_name(typed):
    with pytest.raises(FieldErrors) as raised:
        entries.read(typed, NUMBER)

    assert set(raised.value.fields) == {"real_name"}


@pytest.mark.parametrize(
    "typed", ["1101 0519 4912 3100 2x", "１１０１０５１９４９１２３１００２Ｘ"]
)
def test_numbers(typed):
    assert entries.read("张三", typed).id_number == NUMBER


@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_typed_breaks_it(name, number):
    with suppress(FieldErrors):
        entry = entries.read(name, number)
        assert entries.read(entry.name, entry.id_number) == entry


def test_what_was_typed_stays_out_of_logs():
    assert "张三" not in repr(entries.read("张三", NUMBER))
