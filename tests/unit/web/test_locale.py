"""The language of a page: who chooses it, and that every sentence has its Chinese."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from flask import Flask, render_template_string

from idp.web import locale
from idp.web.locale import CHINESE, ENGLISH, Preferences

IDP = Path(locale.__file__).parents[1]
CATALOGUE = IDP / "web" / "translations" / "zh_CN.po"
METHODS = {".py": "python", ".html": "jinja2.ext:babel_extract"}
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
PLACES = re.compile(r"%\([a-z_]+\)s|\{[a-z_]+\}")


def sentences() -> Iterator[tuple[str, str]]:
    """Yield every sentence that people are told, and where it stands."""
    for path in sorted(IDP.rglob("*")):
        if path.suffix not in METHODS:
            continue
        where = str(path.relative_to(IDP))
        for line, message, *_ in extract_from_file(METHODS[path.suffix], path, keywords=KEYWORDS):
            yield message if isinstance(message, str) else message[0], f"{where}:{line}"
        if path.suffix == ".py":
            yield from ((text, where) for text in descriptions(path))


def descriptions(path: Path) -> Iterator[str]:
    """Yield the public half of the errors of a module: pages translate it where they show it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
            for line in node.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "description":
                    yield ast.literal_eval(line.value)


def entries() -> dict[str, Message]:
    with CATALOGUE.open("rb") as source:
        catalogue = read_po(source, abort_invalid=True)
    return {m.id if isinstance(m.id, str) else m.id[0]: m for m in catalogue if m.id}


@pytest.fixture
def app() -> Flask:
    app = Flask("pages")
    locale.install(app)
    return app


def spoken(app: Flask, path: str = "/", **headers: str) -> str:
    with app.test_request_context(path, headers=headers):
        return locale.current()


def test_every_sentence_has_its_chinese():
    """A page half in English is no page of a Chinese ministry."""
    known = entries()

    missing = {
        text: where for text, where in sentences() if not (m := known.get(text)) or not m.string
    }

    assert not missing, "add to idp/web/translations/zh_CN.po: " + "\n".join(
        map(repr, missing.items())
    )


def test_translations_keep_the_places_to_be_filled():
    for message in entries().values():
        originals = (message.id,) if isinstance(message.id, str) else message.id
        translations = (message.string,) if isinstance(message.string, str) else message.string
        places = {place for text in originals for place in PLACES.findall(text)}
        assert all(set(PLACES.findall(text)) == places for text in translations), message.id
        assert not message.fuzzy


@pytest.mark.parametrize(
    ("asked", "cookie", "browser", "expected"),
    [
        (None, None, None, CHINESE),
        (None, None, "fr-FR, de;q=0.5", CHINESE),
        (None, None, "en-GB,en;q=0.9", ENGLISH),
        (None, None, "en;q=0.3, zh-TW;q=0.8", CHINESE),
        (None, None, "en;q=0, zh", CHINESE),
        (None, None, "en;q=nonsense", CHINESE),
        (None, "en", "zh-CN", ENGLISH),
        (None, ".large", "en", ENGLISH),
        (None, "xx.large", "en", ENGLISH),
        ("fr en-US zh", "zh-CN", "zh", ENGLISH),
        ("zh-Hant", "en", "en", CHINESE),
        ("xx", "en", "zh", ENGLISH),
    ],
)
def test_the_site_asks_the_visitor_chooses_the_browser_hints(asked, cookie, browser, expected):
    """ui_locales (OIDC Core §3.1.2.1), then the cookie, then Accept-Language, then Chinese."""
    assert locale.choose(asked, cookie, browser) == expected


def test_pages_follow_the_request(app):
    assert spoken(app, **{"Accept-Language": "en"}) == ENGLISH
    assert spoken(app, "/?ui_locales=en") == ENGLISH
    assert spoken(app, Cookie="manyou_prefs=en.large") == ENGLISH
    assert spoken(app) == CHINESE


def test_a_visitors_switch_outlasts_the_sites_wish(app):
    """The address that the switch returns to no longer carries ui_locales."""
    with app.test_request_context("/sign-in?next=/account&ui_locales=en"):
        assert render_template_string("{{ path_here }}") == "/sign-in?next=%2Faccount"
    with app.test_request_context("/", headers={"Cookie": "manyou_prefs=zh-CN"}):
        locale.speak("en")
        assert locale.current() == CHINESE


def test_templates_speak_both_languages(app):
    template = "{{ _('Sign in') }} {{ ngettext('%(number)s site', '%(number)s sites', 2) }}"
    with app.test_request_context("/?ui_locales=en"):
        assert render_template_string(template) == "Sign in 2 sites"
    with app.test_request_context("/"):
        assert render_template_string(template) == "登录 2 个网站"


def test_what_fills_a_sentence_is_escaped(app):
    with app.test_request_context("/?ui_locales=en"):
        page = render_template_string("{{ _('Hello, %(name)s', name='<b>') }}")
    assert page == "Hello, &lt;b&gt;"


def test_a_lazy_sentence_waits_for_its_reader(app):
    sentence = locale.lazy_gettext("Sign in")
    with app.test_request_context("/?ui_locales=en"):
        assert str(sentence) == "Sign in"
    with app.test_request_context("/"):
        assert str(sentence) == "登录"
    assert str(sentence) == "登录"


def test_moments_are_told_in_the_countrys_time(app):
    at = datetime(2026, 7, 3, 18, 5, tzinfo=UTC)
    with app.test_request_context("/?ui_locales=en"):
        assert locale.moment(at) == "4 July 2026, 02:05"
        assert locale.day(at) == "4 July 2026"
    with app.test_request_context("/"):
        assert locale.moment(at) == "2026年7月4日 02:05"
        assert locale.day(date(2026, 7, 4)) == "2026年7月4日"
        assert locale.moment(None) == "—"


def test_preferences_change_one_at_a_time():
    chosen = Preferences.parse("en").changed_by({"large_text": "1"})
    assert str(chosen) == "en.large"
    assert str(chosen.changed_by({"language": "zh-CN"})) == "zh-CN.large"
    assert str(chosen.changed_by({"large_text": "0"})) == "en"
    assert str(chosen.changed_by({"language": "tlh", "large_text": "huge"})) == "en.large"
