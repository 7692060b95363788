"""Two languages for the sandbox's pages: what was asked for, then the cookie, then the browser."""

from flask import Flask, Response, g, request

from sandbox.wording import Both

LANGUAGES = ("zh-CN", "en")
COOKIE = "sandbox_lang"  # one cookie for localhost: the choice walks along from site to site


def current() -> str:
    """Return the language of this request."""
    return str(g.get("lang", LANGUAGES[0]))


def say(zh: str, en: str) -> str:
    """Return the sentence in the language of this request."""
    return en if current() == "en" else zh


def said(both: Both) -> str:
    """Return the half of *both* that this request wants."""
    return say(*both)


def _choose() -> None:
    asked = request.args.get("lang")
    wishes = (asked, request.cookies.get(COOKIE))
    browser = request.accept_languages.best_match(["zh-CN", "zh", "en"], "zh-CN")
    g.lang = next((w for w in wishes if w in LANGUAGES), "en" if browser == "en" else "zh-CN")


def _remember(response: Response) -> Response:
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie(COOKIE, current(), max_age=31_536_000, samesite="Lax", httponly=True)
    return response


def install(app: Flask) -> None:
    """Give *app* its languages."""
    app.before_request(_choose)
    app.after_request(_remember)
    app.jinja_env.filters["said"] = said
    app.jinja_env.globals["say"] = say
    app.context_processor(
        lambda: {
            "lang": current(),
            "other_lang": "zh-CN" if current() == "en" else "en",
            "other_lang_name": "中文" if current() == "en" else "English",
        }
    )
