"""The ways to prove a name: what each is called, where it begins, and what it proves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from flask import Flask, current_app

from idp.web.locale import LazyText
from idp.web.locale import lazy_gettext as _

KEY = "manyou.ways"


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Way:
    """A way to prove a name, up to identity level *ial*; *path* is the page where it begins.

    *move* is the move of `idp.proofing.graph` that enters it. What is not *at_screen* takes another
    day.
    """

    key: str
    ial: int
    title: LazyText
    about: LazyText
    path: str
    icon: str
    move: str = "choose"
    at_screen: bool = True
    available: Callable[[], bool] = _always


NAME_ID = Way(
    "name_id",
    2,
    _("Name and ID number"),
    _("Online, takes a minute. Have your identity card at hand."),
    "/account/real-name/notice",
    "card",
)
FACE = Way(
    "face",
    3,
    _("Name, ID number and face"),
    _("Online, takes two minutes. You need a camera; your face is compared with the register."),
    "/account/real-name/face",
    "face",
    move="show",
)
COUNTER = Way(
    "counter",
    4,
    _("At a counter"),
    _("An officer looks at your card. No skills needed; somebody may come along."),
    "/account/real-name/counter",
    "person",
    move="visit",
    at_screen=False,
)
WAYS = (NAME_ID, FACE, COUNTER)


def given(faces: Callable[[], bool]) -> tuple[Way, ...]:
    """Return all ways; the one by face is open while *faces* says so."""
    return tuple(replace(way, available=faces) if way is FACE else way for way in WAYS)


def install(app: Flask, ways: Sequence[Way]) -> None:
    """Tell *app* which ways there are, in the order in which people are offered them."""
    app.extensions[KEY] = tuple(ways)


def open_to(ial: int) -> list[Way]:
    """Return the ways that would raise somebody at level *ial*."""
    ways = cast(Sequence[Way], current_app.extensions[KEY])
    return [way for way in ways if way.ial > ial and way.available()]


def find(key: str, ial: int) -> Way | None:
    """Return the way called *key*, if it would raise somebody at level *ial*."""
    return next((way for way in open_to(ial) if way.key == key), None)


def highest_at_screen(ways: Sequence[Way]) -> int:
    """Return the level that *ways* prove at a screen, at once."""
    return max((way.ial for way in ways if way.at_screen and way.available()), default=1)
