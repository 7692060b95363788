"""The register itself: looked up by number, added to at the registry counter, kept in a file."""

import json
import os
import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from sandbox.identity_numbers import build
from sandbox.register import contents
from sandbox.register.records import (
    Citizen,
    Enterprise,
    Insured,
    TravelPaper,
    born,
    card_expires,
)
from sandbox.wording import Both

COUNTY = "320198"  # assigned nowhere, and different from the twelve residents' own
MOST_NEWCOMERS = 2000
NEWCOMER = Both("在登记窗口新领号码", "Registered at the counter")


class RegisterError(Exception):
    """The register cannot take anybody more."""


class Register:
    """Everything on file; safe to use from many threads."""

    def __init__(
        self,
        citizens: Iterable[Citizen] = (),
        enterprises: Iterable[Enterprise] = (),
        insured: Iterable[Insured] = (),
        papers: Iterable[TravelPaper] = (),
        memory: Path | None = None,
    ) -> None:
        self._citizens = {c.id_number: c for c in citizens}
        self._enterprises = {e.credit_code: e for e in enterprises}
        self._insured = {i.id_number: i for i in insured}
        self._papers = {(p.kind, p.number): p for p in papers}
        self._memory = memory
        self._newcomers: list[Citizen] = []
        self._lock = threading.Lock()
        for newcomer in _remembered(memory):
            self._enter(newcomer)
        for number, portrait in _kept(memory).items():
            self._show(number, portrait)

    @classmethod
    def of_the_country(cls, memory: Path | None = None) -> "Register":
        """Return the register of the demo; *memory* keeps those who came later."""
        return cls(
            contents.citizens(),
            contents.enterprises(),
            contents.insured(),
            contents.papers(),
            memory,
        )

    def citizen(self, id_number: str) -> Citizen | None:
        return self._citizens.get(id_number)

    def citizens(self) -> list[Citizen]:
        """Return everybody on file."""
        with self._lock:
            return list(self._citizens.values())

    def enterprise(self, credit_code: str) -> Enterprise | None:
        return self._enterprises.get(credit_code)

    def enterprises(self) -> list[Enterprise]:
        return list(self._enterprises.values())

    def insured(self, id_number: str) -> Insured | None:
        return self._insured.get(id_number)

    def paper(self, kind: str, number: str) -> TravelPaper | None:
        return self._papers.get((kind, number))

    def papers(self) -> list[TravelPaper]:
        return list(self._papers.values())

    def newcomers(self) -> list[Citizen]:
        """Return those who came to the counter, the last one first."""
        with self._lock:
            return self._newcomers[::-1]

    def admit(self, name: str, birth: date, *, female: bool, phone: str | None = None) -> Citizen:
        """Issue a number to *name*, and enter them with every authority.

        Raises:
            RegisterError: the numbers of that day, or of the country, have run out.
        """
        with self._lock:
            if len(self._newcomers) >= MOST_NEWCOMERS:
                raise RegisterError("the register is full")
            number = self._free_number(birth, female=female)
            newcomer = Citizen(
                id_number=number,
                name=name,
                phone=phone,
                expires=card_expires(birth),
                remark=NEWCOMER,
            )
            self._enter(newcomer)
            _remember(self._memory, self._newcomers)
        return newcomer

    def newcomer(self, place: int) -> Citizen | None:
        """Return who was the *place*-th to come to the counter, counted from 1."""
        with self._lock:
            return self._newcomers[place - 1] if 0 < place <= len(self._newcomers) else None

    def place(self, newcomer: Citizen) -> int:
        """Return as the how-many-th *newcomer* came."""
        with self._lock:
            numbers = [one.id_number for one in self._newcomers]
        return numbers.index(newcomer.id_number) + 1

    def lend_portraits(self, portraits: dict[str, bytes]) -> None:
        """Give portraits to people on file, for as long as this register lives."""
        with self._lock:
            for number, portrait in portraits.items():
                self._show(number, portrait)

    def keep_portrait(self, id_number: str, portrait: bytes | None) -> None:
        """Keep *portrait* of somebody on file, in place of any other; None deletes it."""
        with self._lock:
            self._show(id_number, portrait)
            _keep(self._memory, id_number, portrait)

    def _show(self, id_number: str, portrait: bytes | None) -> None:
        shown = self._citizens.get(id_number)
        if shown is None:
            return
        shown = self._citizens[id_number] = replace(shown, portrait=portrait)
        self._newcomers = [shown if n.id_number == id_number else n for n in self._newcomers]

    def _free_number(self, birth: date, *, female: bool) -> str:
        for sequence in range(2 if female else 1, 1000, 2):
            number = build(COUNTY, f"{birth:%Y%m%d}", female=female, first=sequence)
            if number not in self._citizens:
                return number
        raise RegisterError("the numbers of this day have run out")

    def _enter(self, newcomer: Citizen) -> None:
        self._newcomers.append(newcomer)
        self._citizens[newcomer.id_number] = newcomer
        self._insured[newcomer.id_number] = contents.insurance(newcomer)
        paper = contents.passport(newcomer, place=600_000 + len(self._newcomers))
        self._papers[(paper.kind, paper.number)] = paper


def _remembered(memory: Path | None) -> list[Citizen]:
    if memory is None or not memory.exists():
        return []
    rows = json.loads(memory.read_text(encoding="utf-8"))
    return [
        Citizen(
            id_number=row["id_number"],
            name=row["name"],
            phone=row["phone"],
            expires=card_expires(born(row["id_number"])),
            remark=NEWCOMER,
        )
        for row in rows
    ]


def _portraits(memory: Path) -> Path:
    return memory.parent / "portraits"


def _kept(memory: Path | None) -> dict[str, bytes]:
    if memory is None:
        return {}
    return {path.stem: path.read_bytes() for path in _portraits(memory).glob("*.jpg")}


def _keep(memory: Path | None, id_number: str, portrait: bytes | None) -> None:
    """Write a portrait for our eyes only, or delete it."""
    if memory is None:
        return
    folder = _portraits(memory)
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{id_number}.jpg"
    path.unlink(missing_ok=True)
    if portrait is not None:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
            sink.write(portrait)


def _remember(memory: Path | None, newcomers: list[Citizen]) -> None:
    """Write them for our eyes only, whole or not at all."""
    if memory is None:
        return
    rows = [{"id_number": c.id_number, "name": c.name, "phone": c.phone} for c in newcomers]
    draft = memory.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as sink:
        json.dump(rows, sink, ensure_ascii=False)
    draft.replace(memory)
