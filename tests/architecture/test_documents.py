"""What the documents promise to list, they list whole."""

import re
from pathlib import Path

import click
import pytest

import wsgi
from config import reference
from idp.errors import IdentityError

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def test_every_setting_is_documented():
    """docs/reference/settings.md is what `python -m config.reference` writes."""
    assert (REFERENCE / "settings.md").read_text("utf-8") == reference.markdown()


def test_every_setting_says_what_it_means():
    rows = re.findall(r"^\| `MANYOU_\w+` \|.*\| (.*) \|$", reference.markdown(), re.MULTILINE)

    assert len(rows) > 40
    assert all(rows)


def commands(group, path=()):
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name))


@pytest.mark.parametrize("command", list(commands(wsgi.manyou)))
def test_every_command_is_documented(command):
    assert f"`manyou {command}" in (REFERENCE / "commands.md").read_text("utf-8")


def descendants(kind):
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def test_every_error_code_is_documented():
    """A person can meet any of them, and shall find it explained."""
    page = (REFERENCE / "errors.md").read_text("utf-8")
    codes = {kind.code for kind in descendants(IdentityError) if kind.__module__.startswith("idp")}

    assert len(codes) > 20
    assert not sorted(code for code in codes if f"`{code}`" not in page)


def test_no_link_of_the_documents_is_dead():
    """A relative link leads to a file that is there."""
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), ROOT / "SECURITY.md"]
    dead = []
    for page in pages:
        targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8"))
        dead += [f"{page.name}: {to}" for to in targets if not (page.parent / to).exists()]

    assert not dead
