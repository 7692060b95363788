"""Write the trail, inside the transaction of what it tells, and read it back."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import orjson

from idp import clock
from idp.audit.events import MEANINGS
from idp.db import Statement, Transaction

_INSERT = Statement("""
    INSERT INTO audit_event (at, event, outcome, person_id, client_id, actor, reason, address,
                             request_id, data)
    VALUES (:at, :event, :outcome, :person_id, :client_id, :actor, :reason, :address,
            :request_id, :data)""")
_HISTORY = Statement("""
    SELECT sequence, at, event, outcome, client_id, actor, reason, address, data
      FROM audit_event WHERE person_id = :person_id
  ORDER BY at DESC, sequence DESC LIMIT :limit""")
_KEPT_GROUPS = 3


def record(  # noqa: PLR0913 - an event has that many sides
    tx: Transaction,
    event: str,
    *,
    outcome: str = "success",
    person_id: str | None = None,
    client_id: str | None = None,
    actor: str = "",
    reason: str = "",
    address: str = "",
    request_id: str = "",
    data: Mapping[str, object] | None = None,
) -> None:
    """Put *event* on the trail; if the transaction is undone, so is the telling.

    *reason* is an error's code, *address* the client's own (kept masked), *data* further
    facts, never personal ones.

    Raises:
        ValueError: the event has no entry in `idp.audit.events`.
    """
    if event not in MEANINGS:
        raise ValueError(f"no such event: {event}")
    tx.run(
        _INSERT,
        at=clock.epoch(),
        event=event,
        outcome=outcome,
        person_id=person_id,
        client_id=client_id,
        actor=actor[:64],
        reason=reason[:64],
        address=mask_address(address),
        request_id=request_id[:32],
        data=orjson.dumps(data).decode() if data else "",
    )


def sentence(
    event: str, *, source: str = "claimed", where: str = "", with_data: bool = False
) -> str:
    """Return the sentence that puts *event* on the trail for the row of a `Chain`'s *source*.

    The source has person_id and client_id; the chain's parameters `:now` and `:request_id`,
    and `:data`, JSON, if there is some *with_data*.

    Raises:
        ValueError: the event has no entry in `idp.audit.events`.
    """
    if event not in MEANINGS:
        raise ValueError(f"no such event: {event}")
    data = ":data" if with_data else "''"
    return f"""
        INSERT INTO audit_event (at, event, outcome, person_id, client_id, actor, reason, address,
                                 request_id, data)
        SELECT :now, '{event}', 'success', person_id, client_id, '', '', '', :request_id, {data}
          FROM {source} WHERE {where or "1 = 1"}"""  # noqa: S608 - nothing here comes from outside


def history(tx: Transaction, person_id: str, limit: int = 50) -> list[Any]:
    """Return the newest rows about *person_id*; `data` is JSON or empty."""
    return tx.all(_HISTORY, person_id=person_id, limit=limit)


def mask_address(address: str) -> str:
    """Return *address* without what tells one household from the next.

    An IPv4 address keeps three bytes, an IPv6 address three groups (a site, RFC 6177 §2);
    what is already masked, or no address at all, comes back harmless.
    """
    try:
        known = ip_address(address)
    except ValueError:
        return address if address.endswith("*") and len(address) <= 20 else ""  # noqa: PLR2004
    if isinstance(known, IPv6Address) and known.ipv4_mapped:
        known = known.ipv4_mapped
    if isinstance(known, IPv4Address):
        return str(known).rpartition(".")[0] + ".*"
    groups = known.exploded.split(":")[:_KEPT_GROUPS]
    return ":".join(f"{int(group, 16):x}" for group in groups) + ":*"
