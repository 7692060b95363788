"""The rules of the house, kept by machine rather than by memory."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("config", "idp", "liveness", "federation", "admin", "sandbox")
FILES = [ROOT / "wsgi.py", *(p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py")))]


def name(path):
    return str(path.relative_to(ROOT))


def test_imports_only_go_down():
    """import-linter keeps every contract in .importlinter."""
    linter = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_fits_the_eye(path):
    """No file grows past 400 lines, and each opens by saying what it is for."""
    text = path.read_text("utf-8")

    assert text.count("\n") <= 400
    assert text.startswith(('"""', 'r"""'))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_function_fits_a_glance(path):
    """No function is longer than 60 lines, its docstring apart."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            first = node.body[min(1, len(node.body) - 1)] if ast.get_docstring(node) else node
            length = (node.end_lineno or 0) - first.lineno
            assert length <= 60, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_time_enters_through_one_door(path):
    """Only idp.clock asks the machine for the date; monotonic clocks measure waiting."""
    if name(path) == "idp/clock.py" or name(path).startswith("sandbox/"):
        return
    tree = ast.parse(path.read_text("utf-8"))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr)
        in {("time", "time"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}
    ]

    assert not calls, [call.lineno for call in calls]


def test_no_drawers():
    """A room is one idea: nothing is called utils, helpers, common or misc."""
    drawers = {"utils", "util", "helpers", "common", "misc", "tools", "shared"}

    assert not [name(p) for p in FILES if drawers & {p.stem, *p.relative_to(ROOT).parts}]


def test_every_route_says_who_may_enter(app):
    """A view without a guard is a door without a lock."""
    views = app.view_functions

    assert not [n for n, view in views.items() if n != "static" and not hasattr(view, "guard")]


def test_every_posting_page_is_guarded_against_forgery(app):
    """A view that takes forms is protected, or says why it need not be."""
    exempt = {n for n, view in app.view_functions.items() if hasattr(view, "csrf_exempt")}
    machines = {n for n in exempt if n.startswith("machines.")}
    with_a_ticket = {f"face_capture.{name}" for name in ("begin", "frames", "skip", "give_up")}

    by_old_sites = {"ticket.token", "ticket.user"}  # each request is signed, and good once
    by_upstreams = {"federation_sign_in.callback", "federation_sign_out.hear"}

    assert exempt - machines - with_a_ticket - by_upstreams - by_old_sites == {
        "authorize.entry",
        "end_session.end_session",
    }
