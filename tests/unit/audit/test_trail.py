"""The trail of what happened."""

import ast
from pathlib import Path

import pytest

from idp.audit import events, trail

ROOT = Path(__file__).parents[3]


def names_used():
    """Every second argument of a call to `trail.record` in the product."""
    for path in [*ROOT.glob("idp/**/*.py"), *ROOT.glob("admin/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "trail.record":
                yield path.name, node.args[1]


def test_every_event_is_listed_with_its_meaning():
    """A record that nobody can look up tells nothing."""
    used = list(names_used())
    literal = {arg.value for _, arg in used if isinstance(arg, ast.Constant)}
    constant = {arg.attr for _, arg in used if isinstance(arg, ast.Attribute)}

    assert len(used) >= 10
    assert literal <= set(events.MEANINGS)
    assert {getattr(events, name) for name in constant} <= set(events.MEANINGS)


def test_every_constant_has_a_meaning():
    constants = {value for name, value in vars(events).items() if name.isupper() and ":" in value}

    assert constants == set(events.MEANINGS)


def test_what_is_recorded_is_read_back_newest_first(database, clock):
    with database.write() as tx:
        trail.record(tx, events.SESSION_START, person_id="p", address="203.0.113.9")
        clock.advance(1)
        trail.record(tx, events.SESSION_END, person_id="p", data={"sites": 3})
        trail.record(tx, events.SESSION_START, person_id="somebody else")

    with database.read() as tx:
        rows = trail.history(tx, "p", 10)

    assert [(row.event, row.address, row.data) for row in rows] == [
        ("session:end", "", '{"sites":3}'),
        ("session:start", "203.0.113.*", ""),
    ]


def tell_and_stumble(database):
    with database.write() as tx:
        trail.record(tx, events.SESSION_START, person_id="p")
        raise ZeroDivisionError


def test_what_is_undone_was_never_told(database):
    with pytest.raises(ZeroDivisionError):
        tell_and_stumble(database)

    with database.read() as tx:
        assert trail.history(tx, "p", 10) == []


def test_an_event_nobody_listed_is_refused(database):
    with pytest.raises(ValueError, match="no such event"), database.write() as tx:
        trail.record(tx, "session:invented")


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("203.0.113.77", "203.0.113.*"),
        ("::ffff:203.0.113.77", "203.0.113.*"),
        ("2001:db8:12:3456::1", "2001:db8:12:*"),
        ("203.0.113.*", "203.0.113.*"),
        ("", ""),
        ("unix:", ""),
        ("<script>", ""),
    ],
)
def test_an_address_is_masked(address, masked):
    assert trail.mask_address(address) == masked
