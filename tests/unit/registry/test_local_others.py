"""The replica's other registers: legal persons, the insured, travel documents."""

from datetime import date

import pytest

from idp.formats.credit_codes import check_character, organisation_check
from idp.formats.id_numbers import check_digit
from idp.registry.local.entry_exit import LocalEntryExit
from idp.registry.local.legal_persons import LocalLegalPersons
from idp.registry.local.social_security import LocalSocialSecurity
from idp.registry.queries import (
    LegalPersonQuery,
    SocialSecurityQuery,
    TravelDocument,
    TravelDocumentQuery,
)
from idp.registry.results import Result

PERSON = "32019919900307002" + check_digit("32019919900307002")
CODE = "91320199" + "99900001" + organisation_check("99900001")
CODE += check_character(CODE)
COMPANY = {
    "uniscid": CODE,
    "entname": "虚构云海科技（有限合伙）",
    "frdb": "陈雨桐",
    "frsfzh": PERSON,
    "enttypeCn": "有限合伙",
    "regstateCn": "存续（在营、开业、在册）",
    "estdate": "1583510400000",
}


@pytest.mark.parametrize(
    ("changes", "query", "expected"),
    [
        ({}, {}, (Result.MATCH, "")),
        ({}, {"name": "虚构云海科技(有限合伙)"}, (Result.MATCH, "")),
        ({}, {"name": "虚构云海"}, (Result.MISMATCH, "name")),
        ({}, {"representative": "陈雨桐"}, (Result.MATCH, "")),
        ({}, {"representative": "陈雨彤"}, (Result.MISMATCH, "representative")),
        ({}, {"representative_id_number": PERSON.lower()}, (Result.MATCH, "")),
        ({}, {"representative_id_number": "110101199003070021"},
         (Result.MISMATCH, "representative_id_number")),
        ({"frsfzh": ""}, {"representative_id_number": PERSON},
         (Result.NO_RECORD, "representative_unknown")),
        ({"regstateCn": "吊销"}, {}, (Result.NO_RECORD, "inactive")),
        ({}, {"credit_code": "91110000600037341L"}, (Result.NO_RECORD, "")),
    ],
)  # fmt: skip
def test_a_legal_person_is_checked(take_in, registry_database, vault, changes, query, expected):
    take_in("legal-persons", {**COMPANY, **changes})
    asked = LegalPersonQuery(**{"name": COMPANY["entname"], "credit_code": CODE, **query})

    verdict = LocalLegalPersons(registry_database, vault).check(asked)

    assert (verdict.result, verdict.reason) == expected


def test_a_legal_person_is_found(take_in, registry_database, vault):
    """Public data is told; the gateway's milliseconds are a day in Shanghai."""
    take_in("legal-persons", COMPANY)
    register = LocalLegalPersons(registry_database, vault)

    found = register.find(CODE)

    assert (found.name, found.representative, found.active) == (
        COMPANY["entname"],
        "陈雨桐",
        True,
    )
    assert found.established == date(2020, 3, 7)
    assert register.find("91110000600037341L") is None


INSURED = {"aac002": PERSON, "aac003": "陈雨桐", "aaz500": "A12345678", "aab301": "320100"}


@pytest.mark.parametrize(
    ("changes", "query", "expected"),
    [
        ({}, {}, (Result.MATCH, "")),
        ({}, {"card_number": "a12345678", "region": "320100"}, (Result.MATCH, "")),
        ({}, {"card_number": "A99999999"}, (Result.MISMATCH, "card")),
        ({}, {"region": "110100"}, (Result.NO_RECORD, "")),
        ({}, {"name": "陈雨彤"}, (Result.MISMATCH, "name")),
        ({"aac003": "陈\ue863"}, {"name": "陈䶮"}, (Result.NO_RECORD, "name_rare")),
        ({"aac031": "2"}, {}, (Result.MATCH, "")),
        ({"aac031": "4"}, {}, (Result.NO_RECORD, "ended")),
        ({"aaz500": ""}, {"card_number": "A12345678"}, (Result.NO_RECORD, "card_unknown")),
        ({}, {"id_number": "110101199003070021"}, (Result.NO_RECORD, "")),
    ],
)
def test_the_insured_are_checked(take_in, registry_database, vault, changes, query, expected):
    take_in("social-security", {**INSURED, **changes})
    asked = SocialSecurityQuery(**{"name": "陈雨桐", "id_number": PERSON, **query})

    verdict = LocalSocialSecurity(registry_database, vault).check(asked)

    assert (verdict.result, verdict.reason) == expected


PERMIT = {
    "docType": "hong_kong_macao_permit",
    "docNo": "H12345678",
    "issueNo": "02",
    "nameCn": "黄嘉欣",
    "nameEn": "WONG KA YAN",
    "birthDate": "19910708",
    "expireDate": "20990101",
    "docStatus": "VALID",
}


@pytest.mark.parametrize(
    ("changes", "query", "expected"),
    [
        ({}, {}, (Result.MATCH, "")),
        ({}, {"name": "Wong Ka Yan"}, (Result.MATCH, "")),
        ({}, {"issue_number": "02", "expires": date(2099, 1, 1)}, (Result.MATCH, "")),
        ({}, {"issue_number": "01"}, (Result.MISMATCH, "issue_number")),
        ({}, {"expires": date(2098, 1, 1)}, (Result.MISMATCH, "expires")),
        ({}, {"name": "黄佳欣"}, (Result.MISMATCH, "name")),
        ({}, {"birth_date": date(1991, 7, 9)}, (Result.MISMATCH, "birth_date")),
        ({}, {"nationality": "SWE"}, (Result.NO_RECORD, "")),
        ({}, {"number": "M12345678"}, (Result.NO_RECORD, "")),
        ({"docStatus": "LOST"}, {}, (Result.NO_RECORD, "lost")),
        ({"docStatus": "CANCELLED"}, {}, (Result.NO_RECORD, "cancelled")),
        ({"expireDate": "20200101"}, {}, (Result.NO_RECORD, "expired")),
    ],
)
def test_a_traveller_is_checked(take_in, registry_database, vault, changes, query, expected):
    take_in("entry-exit", {**PERMIT, **changes})
    asked = TravelDocumentQuery(
        **{
            "document": TravelDocument.HONG_KONG_MACAO_PERMIT,
            "number": "H12345678",
            "name": "黄嘉欣",
            "birth_date": date(1991, 7, 8),
            **query,
        }
    )

    verdict = LocalEntryExit(registry_database, vault).check(asked)

    assert (verdict.result, verdict.reason) == expected


def test_the_newest_issue_of_a_permit_decides(take_in, registry_database, vault):
    """The number is for life; whoever shows the permit before the last shows a void one."""
    take_in("entry-exit", {**PERMIT, "issueNo": "01", "docStatus": "CANCELLED"}, PERMIT)
    query = TravelDocumentQuery(
        document=TravelDocument.HONG_KONG_MACAO_PERMIT,
        number="H12345678",
        name="黄嘉欣",
        birth_date=date(1991, 7, 8),
    )

    assert LocalEntryExit(registry_database, vault).check(query).result is Result.MATCH
