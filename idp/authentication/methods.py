"""The ways to sign in: what each is called, where its page is, and what it proves."""

from dataclasses import dataclass

from idp.web.locale import LazyText, lazy_gettext


@dataclass(frozen=True, slots=True)
class Method:
    """A way to sign in; *amr* are words of RFC 8176, *aal* a level of NIST SP 800-63B."""

    key: str
    title: LazyText
    url_path: str
    icon: str
    amr: tuple[str, ...]
    aal: int


PASSWORD = Method("password", lazy_gettext("Password"), "/sign-in", "password", ("pwd",), 1)
SMS_CODE = Method("sms", lazy_gettext("Code by SMS"), "/sign-in/code", "sms", ("sms",), 1)

METHODS = (PASSWORD, SMS_CODE)

_TWO_FACTORS = {"pwd", "sms"}


def combined(before: str, method: Method) -> tuple[tuple[str, ...], int]:
    """Return the factors shown in one session, *before* and now, and the level they reach.

    Something known and something held together make two factors (SP 800-63B §2.2).
    """
    words = [word for word in before.split() if word != "mfa"]
    words += [word for word in method.amr if word not in words]
    if set(words) >= _TWO_FACTORS:
        return (*words, "mfa"), 2
    return tuple(words), method.aal
