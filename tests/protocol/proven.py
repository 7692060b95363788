"""Citizens whose names are proven: registered, with a record of verification behind them."""

import json
import secrets
from datetime import date, timedelta
from typing import Any

from idp.accounts import registration as accounts
from idp.formats import id_numbers
from idp.proofing import verifications
from idp.web.house import KEY as HOUSE

from .identity_schemas import ANSWER
from .site import PASSWORD, Citizen, Deployment, Visit

NAME = "欧阳漫游"
EVERYTHING = ["name", "birthdate", "gender", "id_number", "nationalities"]


def new_number(prefix: str = "110101") -> str:
    """Return a number that nobody has: a date of birth and a sequence by chance."""
    birth = date(1950, 1, 1) + timedelta(days=secrets.randbelow(18_000))
    body = f"{prefix}{birth:%Y%m%d}{secrets.randbelow(999) + 1:03d}"
    return body + id_numbers.check_digit(body)


def add_proven(
    deployment: Deployment, *, number: str | None = None, phone: str | None = None, **evidence: Any
) -> tuple[Citizen, str]:
    """Register somebody whose name is proven; return them, and their number."""
    house, number = deployment.app.extensions[HOUSE], number or new_number()
    username = f"p{secrets.token_hex(6)}"
    with deployment.desk.database.write() as tx:
        person_id = accounts.register(
            tx,
            house.vault,
            house.hasher,
            deployment.desk.settings.passwords,
            username=username,
            phone=phone,
            phone_verified=True,
            id_number=number,
            real_name=NAME,
            password=PASSWORD,
            identity_verified=True,
        )
    prove(deployment, person_id, number, **evidence)
    return Citizen(person_id, username, PASSWORD), number


def prove(deployment: Deployment, person_id: str, number: str, **evidence: Any) -> str:
    """Write down what a check of *number* found, and return the record's id."""
    house, ial = deployment.app.extensions[HOUSE], evidence.pop("ial", None)
    stated = verifications.Evidence(
        **{
            "method": "name_id",
            "source": "local",
            "elements": ("name", "id_number"),
            "document": id_numbers.parse(number).kind.value,
            "id_number": number,
            **evidence,
        }
    )
    with deployment.desk.database.write() as tx:
        return verifications.record(
            tx, house.vault, deployment.desk.settings.proofing, person_id, stated, ial=ial
        )


def wish(
    *, part: str = "userinfo", claims: dict[str, Any] | None = None, **verification: Any
) -> str:
    """Return a `claims` parameter that asks for one element."""
    element = {
        "verification": {"trust_framework": None, **verification},
        "claims": {"name": None} if claims is None else claims,
    }
    return json.dumps({part: {"verified_claims": element}})


def told(visit: Visit, text: str, **more: str) -> dict[str, Any]:
    """Walk the whole road with *text* for `claims`, and return what UserInfo says."""
    tokens = visit.tokens(claims=text, **more)
    said: dict[str, Any] = visit.site.userinfo(tokens["access_token"]).json
    if "verified_claims" in said:
        ANSWER.validate(said["verified_claims"])
    return said
