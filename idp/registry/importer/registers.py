"""The registers that can be filled: their columns, their table, and who reads their rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from idp.registry.importer.read_legal_persons import read as read_legal_person
from idp.registry.importer.read_population import read as read_resident
from idp.registry.importer.read_social_security import read as read_insured
from idp.registry.importer.read_travel_documents import read as read_travel_document
from idp.registry.local.fingerprints import Fingerprint

Read = Callable[[list[str], Fingerprint], tuple[Any, ...]]


@dataclass(frozen=True)
class Register:
    """One register: *fields* with the names each may have in a file, and the *table* filled.

    *columns* are in the order of the tuples that *read* returns, each with its kind: `f`ingerprint,
    `i`nteger, `b`oolean, `t`ext. The first *key* of them tell rows apart.
    """

    name: str
    fields: dict[str, tuple[str, ...]]
    required: tuple[str, ...]
    table: str
    columns: dict[str, str]
    key: int
    read: Read

    @property
    def aliases(self) -> dict[str, str]:
        """Every name of a column in a file, and the field it stands for."""
        return {alias: field for field, names in self.fields.items() for alias in (field, *names)}


POPULATION = Register(
    name="population",
    fields={
        "id_number": ("gmsfhm", "sfzh"),
        "name": ("xm",),
        "birth_date": ("csrq",),
        "phone": ("lxdh", "sjhm"),
        "valid_from": ("yxqxqsrq",),
        "valid_until": ("yxqxjzrq",),
        "status": ("ryzt",),
        "died_on": ("swrq",),
        "cancelled_on": ("swzxrq", "zxrq"),
        "period_begins": ("qysj",),
        "period_ends": ("jssj",),
        "present": ("jlbz",),
    },
    required=("id_number", "name"),
    table="resident",
    columns={
        "person": "f",
        "begins": "i",
        "ends": "i",
        "status_on": "i",
        "status": "i",
        "rare": "b",
        "name": "f",
        "phone": "f",
        "validity": "f",
    },
    key=2,
    read=read_resident,
)

LEGAL_PERSONS = Register(
    name="legal-persons",
    fields={
        "credit_code": ("uniscid", "tyshxydm"),
        "name": ("entname",),
        "representative": ("frdb", "lerep"),
        "representative_id_number": ("frsfzh", "cerno"),
        "registration_number": ("regno",),
        "kind": ("enttypecn", "enttype"),
        "status": ("regstatecn", "regstate"),
        "established": ("estdate",),
    },
    required=("credit_code", "name"),
    table="legal_person",
    columns={
        "credit_code": "t",
        "name": "t",
        "representative": "t",
        "representative_number": "f",
        "registration_number": "t",
        "kind": "t",
        "status": "t",
        "active": "b",
        "established": "i",
    },
    key=1,
    read=read_legal_person,
)

SOCIAL_SECURITY = Register(
    name="social-security",
    fields={
        "id_number": ("aac002", "gmsfhm"),
        "name": ("aac003", "xm"),
        "card_number": ("aaz500",),
        "region": ("aab301",),
        "status": ("aac031",),
    },
    required=("id_number", "name"),
    table="insured",
    columns={"person": "f", "region": "t", "status": "i", "rare": "b", "name": "f", "card": "f"},
    key=2,
    read=read_insured,
)

ENTRY_EXIT = Register(
    name="entry-exit",
    fields={
        "document": ("doctype",),
        "number": ("docno",),
        "issue_number": ("issueno",),
        "name": ("namecn",),
        "latin_name": ("nameen",),
        "birth_date": ("birthdate",),
        "nationality": (),
        "expires": ("expiredate",),
        "status": ("docstatus",),
    },
    required=("document", "number", "birth_date"),
    table="travel_document",
    columns={
        "document": "f",
        "issue": "i",
        "expires": "i",
        "status": "i",
        "rare": "b",
        "birth": "f",
        "name": "f",
        "latin_name": "f",
    },
    key=2,
    read=read_travel_document,
)

REGISTERS = {
    register.name: register for register in (POPULATION, LEGAL_PERSONS, SOCIAL_SECURITY, ENTRY_EXIT)
}
