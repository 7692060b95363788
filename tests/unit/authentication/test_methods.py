"""What factors add up to: every combination of them, in any order."""

from itertools import permutations

import pytest

from idp.authentication.methods import ALL, DEVICE, FACE, PASSWORD, SMS_CODE, combined

SEQUENCES = [row for length in range(1, 5) for row in permutations(ALL, length)]


@pytest.mark.parametrize("shown", SEQUENCES, ids=lambda row: "+".join(m.key for m in row))
def test_two_factors_are_something_held_and_something_else(shown):
    """SP 800-63B §2.2, §3.2.3: a biometric counts only together with something held."""
    words = ""
    for method in shown:
        amr, aal = combined(words, method)
        words = " ".join(amr)

    held = {SMS_CODE, DEVICE} & set(shown)
    other = {PASSWORD, FACE} & set(shown)
    assert aal == (2 if held and other else 1)
    assert ("mfa" in amr) == (aal == 2)
    assert set(amr) - {"mfa"} == {word for method in shown for word in method.amr}
    assert (amr, aal) == combined("", *shown)
    assert combined(words, shown[0]) == (amr, aal)


def test_a_face_alone_and_a_face_beside_a_password_stay_at_level_one():
    assert combined("", FACE) == (("face",), 1)
    assert combined("pwd", FACE) == (("pwd", "face"), 1)
    assert combined("sms", FACE) == (("sms", "face", "mfa"), 2)
    assert combined("swk", FACE) == (("swk", "face", "mfa"), 2)
    assert combined("sms", DEVICE) == (("sms", "swk"), 1)
