"""Short messages before a proof of being alive ends, and to whom a department waits for one."""

from collections.abc import Callable
from typing import Any

from idp import clock
from idp.clients.party import RelyingParty
from idp.crypto import Vault
from idp.db import Statement, Transaction
from idp.proofing import ownership
from idp.web.locale import CHINESE
from idp.web.locale import gettext as _

_DAY = 86_400
DAYS = (30, 7)  # before the end; one message each
_MOST = 500  # in one run of the timer
_ENDING = Statement("""
    SELECT p.proof_id, p.person_id, p.expires_at FROM alive_proof p
     WHERE p.person_id IS NOT NULL AND p.withdrawn_at IS NULL AND p.reminders < :number
       AND p.expires_at > :now AND p.expires_at <= :soon
       AND NOT EXISTS (SELECT 1 FROM alive_proof q
                        WHERE q.subject = p.subject AND q.withdrawn_at IS NULL AND q.at > p.at)
  ORDER BY p.expires_at LIMIT :most
""")
# Of workers that race for a reminder one sends it.
_REMINDED = Statement("""
    UPDATE alive_proof SET reminders = :number WHERE proof_id = :proof_id AND reminders < :number
""")
_UNTOLD = Statement("""
    SELECT r.client_id, r.subject, r.person_id FROM alive_request r
     WHERE r.person_id IS NOT NULL AND r.told_at IS NULL AND r.expires_at > :now
       AND NOT EXISTS (SELECT 1 FROM alive_proof q
                        WHERE q.subject = r.subject AND q.withdrawn_at IS NULL
                          AND q.expires_at > :now)
  ORDER BY r.asked_at LIMIT :most
""")
_TOLD = Statement("""
    UPDATE alive_request SET told_at = :now
     WHERE client_id = :client_id AND subject = :subject AND told_at IS NULL
""")

FindClient = Callable[[str], RelyingParty | None]


def send(tx: Transaction, vault: Vault, find_client: FindClient) -> int:
    """Send what is due, and return how many messages went out; for the worker's timer.

    The last reminder goes first: whoever is met only in the last week hears of that alone.
    """
    now, sent = clock.epoch(), 0
    for number, days in reversed(list(enumerate(DAYS, 1))):
        rows = tx.all(_ENDING, number=number, now=now, soon=now + days * _DAY, most=_MOST)
        for row in rows:
            if tx.run(_REMINDED, proof_id=row.proof_id, number=number):
                ownership.tell(tx, vault, row.person_id, _ending(row.expires_at - now))
                sent += 1
    for row in tx.all(_UNTOLD, now=now, most=_MOST):
        if tx.run(_TOLD, client_id=row.client_id, subject=row.subject, now=now):
            ownership.tell(tx, vault, row.person_id, _wanted(row, find_client))
            sent += 1
    return sent


def _ending(seconds: int) -> str:
    days = max(1, -(-seconds // _DAY))
    return _(
        "[Manyou] Your proof of being alive ends in %(days)s days. Please renew it in your "
        "account with a face scan, or at a counter.",
        days=days,
    )


def _wanted(row: Any, find_client: FindClient) -> str:
    client = find_client(row.client_id)
    who = client.name_in(CHINESE) if client else row.client_id
    return _(
        "[Manyou] %(who)s needs a proof that you are alive. You can give it in your account with "
        "a face scan, or at a counter.",
        who=who,
    )
