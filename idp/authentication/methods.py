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
# Opens no door alone: something held is asked for first.
FACE = Method("face", lazy_gettext("Face scan"), "/sign-in/face", "face", ("face",), 1)
# A key in software that only its browser can use: nobody signs in with it alone either.
DEVICE = Method("device", lazy_gettext("This device"), "/confirm/device", "devices", ("swk",), 1)

METHODS = (PASSWORD, SMS_CODE)
ALL = (*METHODS, DEVICE, FACE)

KNOWN, HELD, BODILY = frozenset({"pwd"}), frozenset({"sms", "swk"}), frozenset({"face"})
KINDS = (KNOWN, HELD, BODILY)


def combined(before: str, *methods: Method) -> tuple[tuple[str, ...], int]:
    """Return the factors shown in one session, *before* and now, and the level they reach.

    Something known and something held together make two factors (SP 800-63B §2.2). A face is
    no secret: it counts only beside something held, never beside a password (§3.2.3).
    """
    words = [word for word in before.split() if word != "mfa"]
    for method in methods:
        words += [word for word in method.amr if word not in words]
    if HELD.intersection(words) and (KNOWN | BODILY).intersection(words):
        return (*words, "mfa"), 2
    return tuple(words), max((method.aal for method in methods), default=1)
