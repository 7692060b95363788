"""The reference identity store, composed: which source answers what, in which order.

Sources are asked in the settings' order. One that is down, or cannot check these elements, is
passed over for the next; whoever asks meets one verdict, and no exception.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, Protocol, TypeVar, cast

from flask import current_app

from config import Settings
from config.authorities import AuthoritySettings
from idp.crypto import Vault
from idp.db import Database
from idp.errors import BadRequestError
from idp.registry.discipline import AtArmsLength, AtOnce, Discipline
from idp.registry.local.entry_exit import LocalEntryExit
from idp.registry.local.legal_persons import LocalLegalPersons
from idp.registry.local.population import LocalPopulation
from idp.registry.local.social_security import LocalSocialSecurity
from idp.registry.ports import (
    AuthorityError,
    EntryExit,
    LegalPerson,
    LegalPersons,
    Population,
    RateLimitedError,
    SocialSecurity,
    Sources,
    UnsupportedQueryError,
)
from idp.registry.queries import LegalPersonQuery
from idp.registry.remote.aliyun import Aliyun
from idp.registry.remote.ctid import Ctid
from idp.registry.remote.immigration import Immigration
from idp.registry.remote.legal_person_gateway import LegalPersonGateway
from idp.registry.remote.population_gateway import PopulationGateway
from idp.registry.remote.social_security_gateway import SocialSecurityGateway
from idp.registry.remote.tencent import Tencent
from idp.registry.results import Result, Verdict
from idp.web import metrics
from idp.web.outbound import Outbound

KEY = "manyou.sources"

# Local sources are made of (database, vault), remote ones of (their settings, a transport).
_POPULATION: dict[str, Callable[..., Population]] = {
    "local": LocalPopulation,
    "ctid": Ctid,
    "population_gateway": PopulationGateway,
    "aliyun": Aliyun,
    "tencent": Tencent,
}
_LEGAL_PERSONS: dict[str, Callable[..., LegalPersons]] = {
    "local": LocalLegalPersons,
    "legal_person_gateway": LegalPersonGateway,
}
_SOCIAL_SECURITY: dict[str, Callable[..., SocialSecurity]] = {
    "local": LocalSocialSecurity,
    "social_security_gateway": SocialSecurityGateway,
}
_ENTRY_EXIT: dict[str, Callable[..., EntryExit]] = {
    "local": LocalEntryExit,
    "immigration": Immigration,
}

Q = TypeVar("Q")
Q_contra = TypeVar("Q_contra", contravariant=True)
S = TypeVar("S")


class Source(Protocol[Q_contra]):
    """What all four ports have in common."""

    source: str

    def check(self, query: Q_contra) -> Verdict:
        """Answer *query*."""


Members = Sequence[tuple[S, Discipline]]


class Chain(Generic[Q]):
    """Several sources of one port, as one that answers whatever happens."""

    def __init__(self, members: Members[Source[Q]]) -> None:
        self._members = members
        self.source = " ".join(member.source for member, _ in members)

    def check(self, query: Q) -> Verdict:
        """Return the first verdict of a source that is not down."""
        verdict: Verdict | None = None
        for member, discipline in self._members:
            try:
                verdict = discipline.ask(partial(_answer, member, query))
            except UnsupportedQueryError:
                continue
            except AuthorityError as error:
                verdict = Verdict(
                    result=Result.SOURCE_DOWN, source=member.source, reason=error.reason
                )
            metrics.count_verdict(member.source, verdict.result)
            if verdict.result is not Result.SOURCE_DOWN:
                return verdict
        return verdict or Verdict(
            result=Result.BAD_INPUT, source=self.source, reason=UnsupportedQueryError.reason
        )


class LegalPersonChain(Chain[LegalPersonQuery]):
    """Several registers of enterprises as one."""

    def __init__(self, members: Members[LegalPersons]) -> None:
        super().__init__(members)
        self._registers = members

    def find(self, credit_code: str) -> LegalPerson | None:
        """Return what the first register that answers tells.

        Raises:
            AuthorityError: none answers.
        """
        failure = AuthorityError(detail="nobody was asked")
        for register, discipline in self._registers:
            try:
                return discipline.ask(partial(register.find, credit_code))
            except AuthorityError as error:
                failure = error
        raise failure


def _answer(member: Source[Q], query: Q) -> Verdict:
    try:
        return member.check(query)
    except RateLimitedError as error:
        return Verdict(result=Result.RATE_LIMITED, source=member.source, reason=error.reason)
    except BadRequestError as error:  # the question itself has a form that nobody can answer
        return Verdict(result=Result.BAD_INPUT, source=member.source, reason=error.code)


def current() -> Sources:
    """Return the reference identity store of the application at work."""
    return cast(Sources, current_app.extensions[KEY])


def compose(settings: Settings, outbound: Outbound, database: Database, vault: Vault) -> Sources:
    """Build what *settings* describe; *database* is the reference identity store's own."""
    order = settings.registry

    def members(names: Sequence[str], kinds: Mapping[str, Any]) -> Members[Any]:
        found: list[tuple[Any, Discipline]] = []
        for name in names:
            if name == "local":
                found.append((kinds[name](database, vault), AtOnce(name)))
                continue
            room: AuthoritySettings = getattr(settings, name)
            line = outbound.apart(width=room.width, timeout=room.timeout)
            found.append((kinds[name](room, line), AtArmsLength(name, room)))
        return found

    return Sources(
        population=Chain(members(order.population, _POPULATION)),
        legal_persons=LegalPersonChain(members(order.legal_persons, _LEGAL_PERSONS)),
        social_security=Chain(members(order.social_security, _SOCIAL_SECURITY)),
        entry_exit=Chain(members(order.entry_exit, _ENTRY_EXIT)),
    )
