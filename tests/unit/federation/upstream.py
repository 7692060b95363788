"""An upstream that says whatever a test wants, and people who come from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest

from config.schema import Room
from federation.catalogue import entries
from federation.connectors.kinds import KINDS
from federation.connectors.ports import Departure, Kind, Standing
from federation.connectors.upstream import UpstreamIdentity
from idp.web import house


class Options(Room):
    """Nothing to be set up."""


@dataclass
class Pages:
    """What the upstream would show; tests say who comes back from it."""

    says: list = field(default_factory=list)
    asked: int = 0

    kind = "pages"

    def depart(self, flow):
        return Departure(url=f"https://up.example/?state={flow.state}", notes={"kept": "yes"})

    def arrive(self, flow, notes, arrival):
        assert notes == {"kept": "yes"}
        self.asked += 1
        said = self.says[-1]
        if isinstance(said, Exception):
            raise said
        return said

    def leave(self, session, return_to):
        return None

    def probe(self):
        pass


@pytest.fixture
def pages(monkeypatch):
    """The one upstream behind every entry of kind `pages`."""
    there = Pages()
    kind = Kind(
        name="pages",
        title="Pages",
        title_zh="页面",
        standing=Standing.OURS,
        options=Options,
        build=lambda options, line: there,
        icon="house",
        ial=4,
    )
    monkeypatch.setitem(KINDS, "pages", kind)
    return there


@pytest.fixture
def offer(app, pages) -> Callable[..., None]:
    """Put an upstream into the catalogue, and switch it on."""

    def put(key="north", **further):
        document = {"key": key, "kind": "pages", "name_en": key.title(), "name_zh": key, **further}
        with app.app_context(), house.database().write() as tx:
            entry = entries.read_document(document)
            entries.create(tx, house.vault(), entry, actor="test", enabled=True)

    return put


def somebody(subject="s1", **further):
    return UpstreamIdentity(subject=subject, **further)


def leave(browser, key="north", following=""):
    """Set out to the upstream, and return the state that it will bring back."""
    there = browser.get(f"/federation/{key}" + (f"?next={following}" if following else ""))
    assert there.status_code == 303, there.text
    return parse_qs(urlsplit(there.headers["Location"]).query)["state"][0]


def come_back(browser, state, key="north", **further):
    query = "".join(f"&{name}={value}" for name, value in further.items())
    return browser.get(f"/federation/{key}/callback?state={state}{query}")


def visit(browser, key="north", following=""):
    """Go there and come back."""
    return come_back(browser, leave(browser, key, following), key)
