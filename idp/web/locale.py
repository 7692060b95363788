"""The language a page speaks: chosen per request, translated from one catalogue."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request

from idp.web import navigation

CHINESE = "zh-CN"
ENGLISH = "en"
LOCALES = (CHINESE, ENGLISH)
COOKIE = "manyou_prefs"
# One country, one civil time: a citizen reads the clock on the wall, wherever the server stands.
CIVIL_TIME = ZoneInfo("Asia/Shanghai")

_CATALOGUE = Path(__file__).parent / "translations" / "zh_CN.po"
_BABEL_NAMES = {CHINESE: "zh_Hans_CN", ENGLISH: "en_GB"}
_MOMENT = {CHINESE: "y年M月d日 HH:mm", ENGLISH: "d MMMM y, HH:mm"}
_DAY = {CHINESE: "y年M月d日", ENGLISH: "d MMMM y"}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a visitor chose about how pages look; written in the cookie as ``en.large``."""

    language: str | None = None
    large_text: bool = False

    @classmethod
    def parse(cls, cookie: str | None) -> Self:
        """Read the cookie; anything unknown in it counts as not chosen."""
        language, _, size = (cookie or "").partition(".")
        return cls(language if language in LOCALES else None, size == "large")

    def changed_by(self, form: Mapping[str, str]) -> Self:
        """Return the preferences after ``language`` and ``large_text`` (``1``/``0``) of *form*."""
        language = form.get("language")
        size = form.get("large_text")
        return type(self)(
            language if language in LOCALES else self.language,
            size == "1" if size in {"0", "1"} else self.large_text,
        )

    def __str__(self) -> str:
        return f"{self.language or ''}{'.large' if self.large_text else ''}"


class LazyText:
    """A translatable sentence, spoken in the reader's language only when it is written out."""

    __slots__ = ("message", "params")

    def __init__(self, message: str, params: Mapping[str, object]) -> None:
        self.message = message
        self.params = params

    def __str__(self) -> str:
        return gettext(self.message, **self.params)


def choose(ui_locales: str | None, cookie: str | None, accept_language: str | None) -> str:
    """Return the locale: asked for by the site, else chosen, else the browser's, else Chinese.

    *ui_locales* is a space-separated list of BCP 47 tags (OpenID Connect Core §3.1.2.1).
    """
    for tag in (ui_locales or "").split():
        if spoken := _spoken(tag):
            return spoken
    if chosen := Preferences.parse(cookie).language:
        return chosen
    for tag in _by_weight(accept_language or ""):
        if spoken := _spoken(tag):
            return spoken
    return CHINESE


def current() -> str:
    """Return the locale of this request; Chinese outside of one."""
    if not has_request_context():
        return CHINESE
    if "locale" not in g:
        g.locale = choose(
            request.args.get("ui_locales"),
            request.cookies.get(COOKIE),
            request.headers.get("Accept-Language"),
        )
    spoken: str = g.locale
    return spoken


def speak(ui_locales: str | None) -> None:
    """Let the rest of this request follow *ui_locales* of an interaction under way.

    A visitor who pressed the language switch has said something newer than the site has.
    """
    cookie = request.cookies.get(COOKIE)
    if not Preferences.parse(cookie).language:
        g.locale = choose(ui_locales, cookie, request.headers.get("Accept-Language"))


def preferences() -> Preferences:
    """Return what this visitor chose before."""
    return Preferences.parse(request.cookies.get(COOKIE) if has_request_context() else None)


def gettext(message: str, **params: object) -> str:
    """Return *message* in the reader's language, its ``%(name)s`` places filled from *params*."""
    text = _translations(current()).gettext(message)
    return text % params if params else text


def ngettext(singular: str, plural: str, number: int, **params: object) -> str:
    """Return the form that fits *number*, which fills ``%(number)s``."""
    text = _translations(current()).ngettext(singular, plural, number)
    return text % {"number": number, **params}


def lazy_gettext(message: str, **params: object) -> LazyText:
    """Mark *message* for translation where no reader is known yet, as in a table of methods."""
    return LazyText(message, params)


def moment(value: datetime | None) -> str:
    """Write an aware datetime as the reader's day and minute; a dash for None."""
    if value is None:
        return "—"
    spoken = current()
    return format_datetime(value, _MOMENT[spoken], tzinfo=CIVIL_TIME, locale=_BABEL_NAMES[spoken])


def day(value: date | None) -> str:
    """Write the reader's day of a date or an aware datetime; a dash for None."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        value = value.astimezone(CIVIL_TIME).date()
    spoken = current()
    return format_date(value, _DAY[spoken], locale=_BABEL_NAMES[spoken])


def install(app: Flask) -> None:
    """Give templates ``_``, the locale, the size of type, the way back and the filters of time."""
    env = app.jinja_env
    env.globals.update(_=gettext, gettext=gettext, ngettext=ngettext)
    env.filters.update(moment=moment, day=day)

    @app.context_processor
    def _values() -> dict[str, object]:
        here = _without_locales(navigation.here()) if has_request_context() else "/"
        return {
            "locale": current(),
            "large_text": preferences().large_text,
            "path_here": here,
        }


def _without_locales(here: str) -> str:
    """Drop a site's wish from the address that the language switch returns to: it was overruled."""
    path, _, query = here.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query) if name != "ui_locales"]
    return f"{path}?{urlencode(kept)}" if kept else path


def _spoken(tag: str) -> str | None:
    """Return ours for a language tag: any Chinese is better served by ours than by English."""
    language = tag.replace("_", "-").partition("-")[0].lower()
    return {"zh": CHINESE, "en": ENGLISH}.get(language)


def _by_weight(accept_language: str) -> list[str]:
    """Order the tags of an Accept-Language header (RFC 9110 §12.5.4), best first."""
    weighed: list[tuple[float, str]] = []
    for item in accept_language.split(",")[:20]:
        tag, _, weight = item.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if quality > 0:
            weighed.append((quality, tag))
    return [tag for _, tag in sorted(weighed, key=lambda pair: -pair[0])]


@lru_cache
def _translations(locale: str) -> NullTranslations:
    """Compile the catalogue in memory, once; English speaks in the messages themselves."""
    if locale == ENGLISH:
        return NullTranslations()
    compiled = io.BytesIO()
    with _CATALOGUE.open("rb") as source:
        write_mo(compiled, read_po(source, locale="zh_CN"))
    compiled.seek(0)
    return Translations(compiled)
