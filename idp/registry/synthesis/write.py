"""Writes what was invented: the same seed, the same file, byte for byte on the same day."""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from typing import BinaryIO

from idp.registry.synthesis import others, people
from idp.registry.synthesis.people import Row

_BLOCK = 10_000

Maker = Callable[[int, Random], Iterator[Row]]

KINDS: dict[str, tuple[tuple[str, ...], Maker]] = {
    "population": (people.COLUMNS, people.residents),
    "legal-persons": (others.COMPANY_COLUMNS, others.companies),
    "social-security": (others.INSURED_COLUMNS, others.insured),
    "entry-exit": (others.TRAVELLER_COLUMNS, others.travellers),
}


def write(out: BinaryIO, kind: str, count: int, *, seed: int, form: str, encoding: str) -> None:
    """Write *count* invented rows of *kind* to *out*.

    Raises:
        UnicodeEncodeError: *encoding* cannot write a name; both of ours can.
    """
    columns, make = KINDS[kind]
    if form == "csv":
        out.write((",".join(columns) + "\n").encode(encoding))
    rows = make(count, Random(seed))  # noqa: S311 - to be the same again is the point
    while block := list(islice(rows, _BLOCK)):
        if form == "csv":  # no cell of ours has a comma or a quote
            text = "\n".join([",".join(row) for row in block])
        else:
            text = "\n".join(
                [json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)
                 for row in block]
            )  # fmt: skip
        out.write((text + "\n").encode(encoding))
