"""What the account's pages call levels, authorities, methods and results of verification."""

from dataclasses import dataclass
from datetime import datetime

from idp.formats.id_numbers import Kind
from idp.portal import words
from idp.proofing import levels
from idp.proofing.graph import UNLIKE
from idp.proofing.verifications import Verification
from idp.registry.results import Result
from idp.web.locale import LazyText
from idp.web.locale import lazy_gettext as _

_SOURCES: dict[str, LazyText] = {
    "local": _("the national population register"),
    "ctid": _("the CTID trusted identity platform of the Ministry of Public Security"),
    "population_gateway": _("the national population sharing gateway"),
    "aliyun": _("the Aliyun identity check, on behalf of the public security authority"),
    "tencent": _("the Tencent Cloud identity check, on behalf of the public security authority"),
    "liveness": _("this service's own check"),
    "counter": _("an officer at a counter"),
    "operator": _("an operator of this service"),
}
_METHODS: dict[str, LazyText] = {
    "name_id": _("Name and ID number compared"),
    "face": _("Face compared"),
    "bank": _("Bank card compared"),
    "chip": _("Chip of the card read"),
    "counter": _("Shown in person at a counter"),
    "operator": _("Vouched for by an operator"),
    "federated": _("Vouched for by another service"),
}
_RESULTS: dict[Result, LazyText] = {
    Result.MATCH: _("Verified"),
    Result.MISMATCH: _("Not confirmed"),
    Result.FACE_MISMATCH: _("Not confirmed"),
    Result.FACE_GREY: _("Not confirmed"),
    Result.LIVENESS_FAIL: _("Not confirmed"),
    Result.NO_PHOTO: _("Could not be checked online"),
    Result.NO_RECORD: _("Could not be checked online"),
}
_DOCUMENTS: dict[str, LazyText] = {
    Kind.CITIZEN.value: _("Resident identity card"),
    Kind.HONG_KONG.value: _("Residence permit for Hong Kong residents"),
    Kind.MACAO.value: _("Residence permit for Macao residents"),
    Kind.TAIWAN.value: _("Residence permit for Taiwan residents"),
    Kind.FOREIGN.value: _("Foreign permanent resident card"),
    Kind.FOREIGN_2017.value: _("Foreign permanent resident card"),
    "citizen_card": _("Resident identity card"),
    "temporary_card": _("Temporary identity card"),
    "household_register": _("Household register"),
    "passport": _("Passport"),
    "residence_permit": _("Residence permit"),
}
_REGIONS: dict[str, LazyText] = {
    "beijing": _("Beijing"),
    "zhejiang": _("Zhejiang"),
    "shanghai": _("Shanghai"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A record of verification in plain words; *state* is living, expired, withdrawn or failed."""

    what: str
    by: str
    document: str
    result: str
    state: str
    level: int
    at: datetime | None
    until: datetime | None


def source(name: str) -> str:
    """Return what a person calls an authority, or several that are tried in turn."""
    known = [str(_SOURCES[word]) for word in name.split() if word in _SOURCES]
    return known[0] if known else str(_("the responsible authority"))


def tell(record: Verification) -> Told:
    """Return *record* in words.

    Who did not confirm a face is not said: it would tell whether it came to the comparison.
    """
    return Told(
        what=str(_METHODS.get(record.method, _("Checked"))),
        by=source("liveness" if record.result in UNLIKE else record.source),
        document=str(_DOCUMENTS.get(record.document, "")),
        result=str(_RESULTS.get(record.result, _("Could not be checked online"))),
        state=_state(record),
        level=record.ial,
        at=words.moment(record.at),
        until=words.moment(record.expires_at),
    )


def regions(ial: int) -> list[tuple[str, str]]:
    """Return what each region calls this level; a dash where it has no word for so little."""
    return [(str(name), levels.in_region(key, ial) or "—") for key, name in _REGIONS.items()]


def _state(record: Verification) -> str:
    if record.result is not Result.MATCH:
        return "failed"
    if record.withdrawn_at is not None:
        return "withdrawn"
    return "living" if record.living else "expired"
