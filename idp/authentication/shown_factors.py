"""When each factor was last shown in a session, for what needs two fresh ones."""

from idp import clock
from idp.authentication.methods import KINDS, PASSWORD, SMS_CODE, Method
from idp.db import Statement, Transaction

_NOTE = Statement("""
    INSERT INTO shown_factor (session_id, word, shown_at) VALUES (:session_id, :word, :now)
    ON CONFLICT (session_id, word) DO UPDATE SET shown_at = excluded.shown_at
""")
_SINCE = Statement("""
    SELECT word FROM shown_factor WHERE session_id = :session_id AND shown_at >= :since
""")
_HAS = Statement("""
    SELECT (SELECT COUNT(*) FROM person p
             WHERE p.person_id = :person_id AND p.password_hash IS NOT NULL) AS password,
           (SELECT COUNT(*) FROM identifier i
             WHERE i.person_id = :person_id AND i.kind = 'phone'
               AND i.verified_at IS NOT NULL) AS phone
""")


def note(tx: Transaction, session_id: str, *methods: Method) -> None:
    """Note that *methods* were shown just now."""
    now = clock.epoch()
    for method in methods:
        for word in method.amr:
            tx.run(_NOTE, session_id=session_id, word=word, now=now)


def fresh(tx: Transaction, session_id: str, *, within: int) -> frozenset[str]:
    """Return the factors shown in the last *within* seconds, as words of RFC 8176."""
    since = clock.epoch() - within
    return frozenset(row.word for row in tx.all(_SINCE, session_id=session_id, since=since))


def two(words: frozenset[str]) -> bool:
    """Say whether *words* are factors of two kinds: known, held, bodily."""
    return sum(1 for kind in KINDS if kind & words) > 1


def other_way(tx: Transaction, person_id: str, words: frozenset[str]) -> Method | None:
    """Return a way to show a factor of a kind that is not among *words*, if the person has one."""
    has = tx.one(_HAS, person_id=person_id)
    ways = ((PASSWORD, has.password), (SMS_CODE, has.phone))
    shown = frozenset().union(*(kind for kind in KINDS if kind & words))
    return next((way for way, there in ways if there and not shown.intersection(way.amr)), None)
