"""What the account's pages call the elements and results of departments' checks."""

from idp.web.locale import LazyText
from idp.web.locale import lazy_gettext as _

_ELEMENTS: dict[str, LazyText] = {
    "name": _("Real name"),
    "id_number": _("ID number"),
    "phone": _("Phone number"),
    "validity": _("Validity of the card"),
    "portrait": _("Portrait"),
    "alive": _("Proof of being alive"),
}
_RESULTS: dict[str, LazyText] = {
    "MATCH": _("All of it is right"),
    "MISMATCH": _("Something of it is wrong"),
    "NO_RECORD": _("Could not be checked"),
    "NO_PHOTO": _("Could not be checked"),
    # One word: which of them it was would teach whoever tries faces out.
    "FACE_MISMATCH": _("The face was not confirmed"),
    "FACE_GREY": _("The face was not confirmed"),
    "LIVENESS_FAIL": _("The face was not confirmed"),
}


def elements(asked: str) -> list[str]:
    """Return what was compared, one word each."""
    return [str(_ELEMENTS.get(word, word)) for word in asked.split()]


def result(code: str) -> str:
    """Return what the department was told."""
    return str(_RESULTS.get(code, code))
