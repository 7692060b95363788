"""What the account's pages call things: events, factors, scopes."""

from datetime import UTC, datetime

from idp.audit import events
from idp.web.locale import LazyText
from idp.web.locale import lazy_gettext as _

_EVENTS: dict[str, LazyText] = {
    events.SESSION_START: _("Signed in"),
    events.SESSION_RENEW: _("Confirmed that it is you"),
    events.SESSION_END: _("Signed out"),
    events.SIGN_IN: _("Sign-in attempt"),
    events.PERSON_REGISTER: _("Account opened"),
    events.PERSON_CHANGE: _("Profile changed"),
    events.PERSON_DISABLE: _("Account disabled"),
    events.PERSON_ENABLE: _("Account enabled again"),
    events.PASSWORD_CHANGE: _("Password changed"),
    events.PASSWORD_RESET: _("Password reset"),
    events.IDENTITY_AGREE: _("Agreed to a check of your name"),
    events.IDENTITY_VERIFY: _("Real name checked"),
    events.IDENTITY_WITHDRAW: _("Verification withdrawn"),
    events.IDENTITY_TAKE_OVER: _("ID number given to its verified owner"),
    events.IDENTITY_APPOINT: _("Appointment at a counter"),
    events.CODE_SEND: _("Code sent"),
    events.CODE_CHECK: _("Code entered"),
    events.CONSENT_GRANT: _("Let a site see your data"),
    events.CONSENT_REFUSE: _("Refused a site"),
    events.CONSENT_WITHDRAW: _("Withdrew a site's access"),
    events.TOKEN_REPLAY: _("A site's access was used twice and taken back"),
    events.CODE_REPLAY: _("A site's access was used twice and taken back"),
    events.DEVICE_REGISTER: _("Device registered"),
    events.DEVICE_FORGET: _("Device forgotten"),
    events.DEVICE_CHECK: _("Registered device used"),
    events.CHECK_ANSWER: _("An authority checked your name"),
    events.CHECK_DISPUTE: _("You objected to a check"),
    events.FACE_SCAN: _("Face scan"),
    events.FACE_CONSENT: _("Agreed to face scans"),
    events.FACE_WITHDRAW: _("Withdrew consent to face scans"),
    events.FACE_LOCK: _("Face scans switched off"),
    events.FACE_UNLOCK: _("Face scans switched on again"),
    events.SCAN_ANSWER: _("Answered a computer's sign-in by scanning"),
}
_FACTORS: dict[str, LazyText] = {
    "pwd": _("Password"),
    "sms": _("Code by SMS"),
    "swk": _("Registered device"),
    "face": _("Face scan"),
    "qr": _("Confirmed by scanning with a phone"),
}
_SCOPES: dict[str, LazyText] = {
    "openid": _("That it is you"),
    "profile": _("Your profile"),
    "phone": _("Your phone number"),
    "email": _("Your e-mail address"),
    "address": _("Your postal address"),
    "offline_access": _("Access while you are away"),
    "real_name": _("Your legal name"),
    "id_number": _("Your legal name and identity number"),
}
_SINGLE: dict[str, LazyText] = {
    "name": _("Name"),
    "nickname": _("Nickname"),
    "preferred_username": _("User name"),
    "gender": _("Gender"),
    "birthdate": _("Date of birth"),
    "locale": _("Language"),
    "phone_number": _("Phone number"),
    "email": _("E-mail address"),
    "address": _("Postal address"),
}
_PROVEN: dict[str, LazyText] = {
    "verified:name": _("Your legal name"),
    "verified:birthdate": _("Your date of birth"),
    "verified:gender": _("Your gender"),
    "verified:id_number": _("Your identity number"),
    "verified:nationalities": _("Your nationality"),
}


def event(name: str) -> str | None:
    """Return what a person calls the event, None when it is not for them."""
    words = _EVENTS.get(name)
    return None if words is None else str(words)


def factors(amr: str) -> str:
    """Return the factors of a session, as `Password + Code by SMS`."""
    return " + ".join(str(_FACTORS[word]) for word in amr.split() if word in _FACTORS)


def scopes(granted: str, claims: str = "") -> list[str]:
    """Return what a site may see, by scopes and by single claims."""
    lines = [_SCOPES[scope] for scope in _SCOPES if scope in granted.split()]
    lines += [_SINGLE[claim] for claim in _SINGLE if claim in claims.split()]
    lines += [_PROVEN[claim] for claim in _PROVEN if claim in claims.split()]
    return list(dict.fromkeys(map(str, lines)))


def moment(epoch: int | None) -> datetime | None:
    """Return an aware moment for a page to write."""
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)
