"""Who may enter: every view wears one of these guards, and a test counts them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar, cast
from urllib.parse import quote

from flask import Flask, current_app, request
from werkzeug.wrappers import Response

from idp import clock
from idp.web import navigation

P = ParamSpec("P")
R = TypeVar("R")
View = TypeVar("View", bound=Callable[..., Any])


class SignedIn(Protocol):
    """What a guard must know of a session."""

    @property
    def auth_time(self) -> int: ...


@dataclass(frozen=True)
class Guard:
    """Who stands at the door: *kind* is public, machine, signed_in or fresh."""

    kind: str
    because: str = ""


SessionLoader = Callable[[], SignedIn | None]
"""Says who is signed in, if anybody: `idp.sessions` does, which this room may not know."""
_LOADER = "manyou.session_loader"


def install(app: Flask, loader: SessionLoader) -> None:
    """Let the guards of *app* ask *loader* who is there."""
    app.extensions[_LOADER] = loader


def _signed_in() -> SignedIn | None:
    return cast(SessionLoader, current_app.extensions[_LOADER])()


def public(because: str) -> Callable[[View], View]:
    """Let everybody in; *because* says why that is safe."""
    return _mark(Guard("public", because))


def machine(because: str) -> Callable[[View], View]:
    """Let programs in; *because* says how they prove themselves."""
    return _mark(Guard("machine", because))


def signed_in(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Let in whoever has a session; the others sign in first and come back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if _signed_in() is None:
            return _detour("/sign-in")
        return view(*args, **kwargs)

    return _mark(Guard("signed_in"))(guarded)


def fresh(
    max_age_seconds: int | Callable[[], int],
) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Let in whoever showed a factor within *max_age_seconds*; the others show one again.

    Where a setting says how many they are, a function of no arguments tells.
    """

    def wrap(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            session = _signed_in()
            if session is None:
                return _detour("/sign-in")
            limit = max_age_seconds() if callable(max_age_seconds) else max_age_seconds
            if clock.epoch() - session.auth_time > limit:
                return _detour("/confirm")
            return view(*args, **kwargs)

        because = "as set" if callable(max_age_seconds) else f"{max_age_seconds} s"
        return _mark(Guard("fresh", because))(guarded)

    return wrap


def guard_of(view: Callable[..., Any]) -> Guard | None:
    """Return the guard that *view* wears."""
    return cast(Guard | None, getattr(view, "guard", None))


def _mark(guard: Guard) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.guard = guard  # type: ignore[attr-defined]
        return view

    return mark


def _detour(path: str) -> Response:
    """Send the browser to *path* and back; a form that was posted is not sent again for it."""
    back = navigation.here() if request.method == "GET" else _referring_page()
    return navigation.redirect(f"{path}?next={quote(back, safe='')}")


def _referring_page() -> str:
    """Return the page whose form was posted, as far as its path tells: forms of the account."""
    return navigation.safe_next(request.path) or "/account"
