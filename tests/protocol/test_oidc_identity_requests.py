"""OpenID Connect for Identity Assurance 1.0 §5.3-§5.7: any request, and what it narrows down to."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .identity_schemas import REQUEST
from .proven import EVERYTHING, NAME, add_proven, told, wish

PLAIN: dict[str, Any] = {"verification": {"trust_framework": None}, "claims": {"name": None}}


@pytest.fixture
def proven(deployment, enter):
    """Somebody with a proven name, on the way into a site that may know all of it."""
    citizen, _ = add_proven(deployment)
    return enter(citizen=citizen, identity_claims=EVERYTHING)


class TestNarrowing:
    """§5.5: value, values, max_age; §5.7: what does not fit."""

    @pytest.mark.parametrize(
        "verification",
        [
            {"trust_framework": {"value": "cn_real_name"}},
            {"trust_framework": {"values": ["eidas", "cn_real_name"]}},
            {"assurance_level": {"values": ["ial2", "ial3"], "essential": True}},
            {"time": {"max_age": 600}},
            {"evidence": [{"type": {"value": "electronic_record"}}]},
            {
                "evidence": [
                    {"type": {"value": "document"}},
                    {"type": {"value": "electronic_record"}},
                ]
            },
            {
                "evidence": [
                    {
                        "type": {"value": "electronic_record"},
                        "check_details": [
                            {"check_method": {"value": "vpip"}},
                            {"check_method": {"value": "data"}, "time": {"max_age": 600}},
                        ],
                    }
                ]
            },
            {"evidence": [{"type": None, "record": {"type": {"value": "population_register"}}}]},
            {"evidence": None, "unknown": None, "purpose": "we would like to know"},
        ],
    )
    def test_what_fits_is_told(self, proven, verification):
        """§5.5."""
        REQUEST.validate({**PLAIN, "verification": {"trust_framework": None, **verification}})

        assert told(proven, wish(**verification))["verified_claims"]["claims"] == {"name": NAME}

    @pytest.mark.parametrize(
        "verification",
        [
            {"trust_framework": {"value": "eidas"}},
            {"trust_framework": {"values": ["eidas", "de_aml"]}},
            {"assurance_level": {"value": "ial3", "essential": False}},
            {"assurance_level": {"values": ["ial3", "ial4"]}},
            {"assurance_level": {"value": "ial2", "values": ["ial3"]}},
            {"assurance_level": {"max_age": 600}},
            {"time": {"max_age": 0}},
            {"evidence": [{"type": {"value": "document"}}]},
            {"evidence": [{"type": {"value": "electronic_record"}, "time": {"max_age": 1}}]},
            {"evidence": [{"type": None, "check_details": [{"check_method": {"value": "vpip"}}]}]},
            {"evidence": [{"type": None, "document": {"type": {"values": ["idcard"]}}}]},
            {"evidence": [{"type": None, "record": {"source": {"name": {"value": "nobody"}}}}]},
            {"unknown": {"value": 1}},
            {"unknown": [{"deep": {"values": ["x"]}}]},
            {"evidence": [{"type": {"value": "electronic_record"}, "check_details": {"a": None}}]},
        ],
    )
    def test_what_does_not_fit_is_left_out_whole(self, proven, later, verification):
        """§5.7.4: the whole element, and no error; §5.5.1: no restriction is ignored."""
        proven.sign_in()
        later(120)  # whole minutes are told, so a record is never younger than it is

        assert told(proven, wish(**verification)).keys() == {"sub"}

    def test_a_claim_that_does_not_fit_is_left_out_alone(self, proven):
        """§5.7.4: the others stay; §5.7.1: whether essential or not."""
        claims = {
            "name": {"value": "Somebody else", "essential": True},
            "nationalities": {"value": "CHN"},
            "gender": {"values": ["male", "female"]},
            "birthdate": {"max_age": 60},
            "shoe_size": {"essential": True},
        }

        said = told(proven, wish(claims=claims))["verified_claims"]["claims"]

        assert said.keys() == {"nationalities", "gender"}

    def test_no_claims_no_element(self, proven):
        """§5.7.5: nothing is told of a person of whom nothing was asked."""
        assert told(proven, wish(claims={})).keys() == {"sub"}
        assert told(proven, wish(claims={"shoe_size": None})).keys() == {"sub"}

    def test_several_elements_are_answered_one_by_one(self, proven):
        """§5.6: an array for an array, with those that fit."""
        elements = [
            {**PLAIN, "verification": {"trust_framework": {"value": "eidas"}}},
            PLAIN,
            {"verification": {"assurance_level": {"value": "ial2"}}, "claims": {"gender": None}},
        ]
        REQUEST.validate(elements)

        said = told(proven, json.dumps({"userinfo": {"verified_claims": elements}}))

        answered = said["verified_claims"]
        assert [list(element["claims"]) for element in answered] == [["name"], ["gender"]]
        assert answered[1]["verification"] == {
            "trust_framework": "cn_real_name",
            "assurance_level": "ial2",
        }

    @pytest.mark.parametrize(
        "value",
        [
            '"all"',
            "7",
            "true",
            "{}",
            '{"claims":{"name":null}}',
            '{"verification":{}}',
            '{"verification":null,"claims":{"name":null}}',
            '{"verification":{},"claims":["name"]}',
            '{"verification":{"trust_framework":"eidas"},"claims":{"name":null}}',
            '{"verification":{"trust_framework":{"values":[]}},"claims":{"name":null}}',
            '{"verification":{"trust_framework":{"values":"x"}},"claims":{"name":null}}',
            '{"verification":{"trust_framework":{"value":{"a":1}}},"claims":{"name":null}}',
            '{"verification":{"time":{"max_age":-1}},"claims":{"name":null}}',
            '{"verification":{"time":{"max_age":"1"}},"claims":{"name":null}}',
            '{"verification":{"time":{"max_age":true}},"claims":{"name":null}}',
            '{"verification":{"evidence":{}},"claims":{"name":null}}',
            '{"verification":{"evidence":["document"]},"claims":{"name":null}}',
            '{"verification":{},"claims":{"name":{"essential":"yes"}}}',
            '{"verification":{},"claims":{"name":"Li"}}',
            '[{"verification":{},"claims":{"name":null}},null]',
            "[" + ",".join(['{"verification":{},"claims":{"name":null}}'] * 11) + "]",
            '{"verification":{"a":'
            + '{"b":' * 12
            + "null"
            + "}" * 12
            + '},"claims":{"name":null}}',
            "[" * 400 + "]" * 400,
            '{"verification":' + '{"a":' * 900 + "1" + "}" * 900 + ',"claims":{}}',
        ],
    )
    def test_what_is_malformed_is_refused(self, proven, value):
        """§5.7.6: a request that cannot be read is invalid_request, whichever part it is in."""
        for part in ("userinfo", "id_token"):
            answer = proven.ask(claims=f'{{"{part}":{{"verified_claims":{value}}}}}')

            assert answer.error == "invalid_request", value[:80]

    def test_a_long_request_is_refused(self, proven):
        """Nobody needs a wish of ten thousand characters."""
        values = {"values": ["x" * 100] * 100}

        assert proven.ask(claims=wish(claims={"name": values})).error == "invalid_request"


NAMES = st.sampled_from([*EVERYTHING, "id_type", "given_name", "address", "verification", "value"])
SCALARS = st.sampled_from(["cn_real_name", "eidas", "ial2", "ial3", "data", "document", 1, True])
RULES = st.fixed_dictionaries(
    {},
    optional={
        "value": SCALARS,
        "values": st.lists(SCALARS, min_size=1, max_size=3),
        "max_age": st.integers(0, 10**9),
        "essential": st.booleans(),
        "purpose": st.text(max_size=5),
    },
)
WISHES = st.none() | RULES
MEMBERS = st.sampled_from(
    "trust_framework assurance_level time verification_process assurance_process shoe".split()  # noqa: SIM905
)
EVIDENCE = st.lists(
    st.dictionaries(
        st.sampled_from(["type", "record", "check_details", "document_details", "x"]), WISHES
    ),
    max_size=3,
)
ELEMENTS = st.builds(
    lambda verification, evidence, claims: {
        "verification": verification | ({"evidence": evidence} if evidence else {}),
        "claims": claims,
    },
    st.dictionaries(MEMBERS, WISHES, max_size=4),
    EVIDENCE,
    st.dictionaries(NAMES, WISHES, max_size=5),
)


class TestAnyRequest:
    """§5: whatever is asked, never more is told than asked, agreed to and permitted."""

    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(asked=ELEMENTS | st.lists(ELEMENTS, max_size=3), refused=st.booleans())
    def test_never_more_than_asked_agreed_and_permitted(self, half_open, asked, refused):
        """One person, one site that may know three claims, any request at all."""
        REQUEST.validate(asked)
        elements = asked if isinstance(asked, list) else [asked]
        text = json.dumps({"userinfo": {"verified_claims": asked}})
        visit = half_open
        before = visit.ask(claims=text)
        if refused and visit.agent.is_home(before.location):
            assert visit.walk(before, decision="consent-deny").error == "access_denied"
            return

        said = told(visit, text)

        answered = said.pop("verified_claims", [])
        assert said.keys() == {"sub"}
        for element in answered if isinstance(answered, list) else [answered]:
            assert any(is_within(element, request) for request in elements)
            assert element["claims"].keys() <= {"name", "gender", "birthdate"}


@pytest.fixture
def half_open(deployment, enter):
    """A visit to a site that may know some, by somebody who is signed in."""
    citizen, _ = add_proven(deployment)
    visit = enter(citizen=citizen, identity_claims=["name", "gender", "birthdate"])
    visit.sign_in()
    return visit


def is_within(element, request):
    """Say whether an answer holds no more than one element of the request asked for."""
    verification = element["verification"].keys() - {"trust_framework"}
    within = verification <= request["verification"].keys()
    return within and element["claims"].keys() <= request["claims"].keys()
