"""A sentence in the sandbox's two languages."""

from typing import NamedTuple


class Both(NamedTuple):
    """One sentence, twice."""

    zh: str
    en: str
