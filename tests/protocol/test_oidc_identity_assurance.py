"""OpenID Connect for Identity Assurance 1.0: what is proven of a person, and who may know it."""

import pytest

from idp.clients import metadata, registration
from idp.clients.rules import Policy
from idp.formats import id_numbers
from idp.proofing import verifications

from .identity_schemas import ANSWER
from .proven import EVERYTHING, NAME, add_proven, new_number, prove, told, wish


@pytest.fixture
def proven(deployment, enter):
    """Somebody with a proven name, on the way into a site that may know all of it."""
    citizen, _ = add_proven(deployment)
    return enter(citizen=citizen, identity_claims=EVERYTHING)


class TestAnswer:
    """§5.1-§5.4."""

    def test_a_claim_with_its_trust_framework(self, proven):
        """§5.1: the claims beside the verification that stands for them."""
        said = told(proven, wish())

        assert said["verified_claims"] == {
            "verification": {"trust_framework": "cn_real_name"},
            "claims": {"name": NAME},
        }
        assert said.keys() == {"sub", "verified_claims"}

    def test_in_the_id_token_where_it_was_asked_for(self, proven):
        """§5.2: there, and not at UserInfo."""
        tokens = proven.tokens(claims=wish(part="id_token"))

        assert proven.site.read(tokens["id_token"])["verified_claims"]["claims"] == {"name": NAME}
        assert "verified_claims" not in proven.site.userinfo(tokens["access_token"]).json

    def test_it_survives_a_refresh(self, proven):
        """Core §12.2: the ID token of a refresh tells what the first one told."""
        tokens = proven.tokens(claims=wish(part="id_token"))

        again = proven.site.token(
            grant_type="refresh_token", refresh_token=tokens["refresh_token"]
        ).json

        assert proven.site.read(again["id_token"])["verified_claims"]["claims"] == {"name": NAME}

    def test_all_that_a_number_says(self, deployment, enter):
        """Our claims: id_number and id_type; birth date, gender and nationality stand in it."""
        number = new_number()
        citizen, _ = add_proven(deployment, number=number)
        visit = enter(citizen=citizen, identity_claims=EVERYTHING)
        says = id_numbers.parse(number)

        claims = dict.fromkeys([*EVERYTHING, "id_type"])
        said = told(visit, wish(claims=claims))["verified_claims"]["claims"]

        assert said == {
            "name": NAME,
            "id_number": number,
            "id_type": "resident_identity_card",
            "birthdate": says.birth_date.isoformat(),
            "gender": says.sex.value,
            "nationalities": ["CHN"],
        }

    @pytest.mark.parametrize(
        ("number", "id_type", "country"),
        [
            (lambda: new_number("810000"), "hong_kong_residence_permit", ["CHN"]),
            (lambda: new_number("931840"), "foreign_permanent_residence", ["USA"]),
        ],
    )
    def test_other_residents(self, deployment, enter, number, id_type, country):
        """Claims registration §4: nationalities in letters, from the number's digits."""
        citizen, _ = add_proven(deployment, number=number())
        visit = enter(citizen=citizen, identity_claims=EVERYTHING)

        asked = wish(claims={"nationalities": None, "id_type": None})
        said = told(visit, asked)["verified_claims"]["claims"]

        assert said == {"nationalities": country, "id_type": id_type}

    def test_evidence_is_told_when_it_is_asked_for(self, proven):
        """§5.4: each member by its name; a record of the register, and the check of it."""
        asked = wish(
            assurance_level=None,
            assurance_process=None,
            time=None,
            verification_process=None,
            evidence=[
                {"type": {"value": "electronic_record"}, "record": None, "check_details": None}
            ],
        )

        said = told(proven, asked)["verified_claims"]["verification"]

        assert said["assurance_level"] == "ial2"
        evidence = said["evidence"][0]
        assert evidence["record"]["type"] == "population_register"
        assert evidence["record"]["source"]["country_code"] == "CHN"
        assert [check["check_method"] for check in evidence["check_details"]] == ["data"]

    def test_no_more_of_evidence_than_asked_for(self, proven):
        """§5.4: what the schema needs comes with it, nothing else does."""
        evidence = [{"type": {"value": "electronic_record"}, "record": {"source": {"name": None}}}]

        said = told(proven, wish(evidence=evidence))["verified_claims"]["verification"]

        assert said["evidence"][0] == {
            "type": "electronic_record",
            "record": {
                "type": "population_register",
                "source": {"name": "Population register, replica"},
            },
        }

    @pytest.mark.parametrize(
        ("method", "level", "kind", "checks"),
        [
            ("name_id", "ial2", "electronic_record", {"data"}),
            ("bank", "ial3", "electronic_record", {"data", "auth"}),
            ("face", "ial3", "electronic_record", {"data", "bvr"}),
            ("chip", "ial3", "document", {"vcrypt", "data"}),
            ("counter", "ial4", "document", {"vpip", "pvp"}),
            ("operator", "ial2", "vouch", set()),
        ],
    )
    def test_each_method_has_its_evidence(self, deployment, enter, method, level, kind, checks):
        """Schema §5: what was checked, and how; the strongest record counts."""
        citizen, _ = add_proven(deployment, method=method, source=method)
        visit = enter(citizen=citizen, identity_claims=["name"])
        whole = {"type": None, "check_details": None, "record": None, "document_details": None}

        asked = wish(assurance_level=None, evidence=[{**whole, "attestation": None}])
        said = told(visit, asked)["verified_claims"]["verification"]

        assert said["assurance_level"] == level
        assert said["evidence"][0]["type"] == kind
        done = said["evidence"][0].get("check_details", [])
        assert {check["check_method"] for check in done} == checks

    def test_a_level_that_was_never_proven_is_not_told(self, enter):
        """§5.7.2: no record, no member; never null, never an error."""
        visit = enter(identity_claims=EVERYTHING)

        assert told(visit, wish()).keys() == {"sub"}

    def test_a_record_that_has_expired_proves_nothing(self, proven, later):
        """A verification lives as long as the settings say."""
        assert "verified_claims" in told(proven, wish())

        later(proven.site.provider.desk.settings.proofing.validity + 60)

        assert "verified_claims" not in told(proven, wish())

    def test_a_withdrawn_record_proves_nothing(self, proven):
        """At once, for tokens issued before too."""
        tokens = proven.tokens(claims=wish())
        with proven.site.provider.desk.database.write() as tx:
            verifications.withdraw_all(tx, proven.citizen.person_id, "test")

        assert proven.site.userinfo(tokens["access_token"]).json.keys() == {"sub"}

    def test_a_record_about_another_number_proves_nothing(self, deployment, enter):
        """The record must be about the number that stands in the profile now."""
        citizen, _ = add_proven(deployment)
        prove(deployment, citizen.person_id, new_number(), method="counter")
        visit = enter(citizen=citizen, identity_claims=EVERYTHING)

        assert told(visit, wish()).keys() == {"sub"}


class TestScopes:
    """§5.8."""

    @pytest.mark.parametrize(
        ("scope", "claims"),
        [
            ("real_name", {"name"}),
            ("id_number", {"name", "id_number", "id_type"}),
            ("real_name id_number", {"name", "id_number", "id_type"}),
        ],
    )
    def test_a_scope_opens_its_element(self, deployment, enter, scope, claims):
        """§5.8: what each scope means is ours to say."""
        citizen, _ = add_proven(deployment)
        visit = enter(
            citizen=citizen, identity_claims=EVERYTHING, scope="openid real_name id_number"
        )
        tokens = visit.tokens(scope=f"openid {scope}")

        said = visit.site.userinfo(tokens["access_token"]).json["verified_claims"]

        ANSWER.validate(said)
        assert said["claims"].keys() == claims
        assert said["verification"].keys() == {"trust_framework", "assurance_level", "time"}
        assert "verified_claims" not in visit.site.read(tokens["id_token"])

    def test_scope_and_claims_together(self, deployment, enter):
        """§5.6: an element for each."""
        citizen, _ = add_proven(deployment)
        visit = enter(citizen=citizen, identity_claims=EVERYTHING, scope="openid real_name")

        said = told(visit, wish(claims={"gender": None}), scope="openid real_name")

        assert [list(element["claims"]) for element in said["verified_claims"]] == [
            ["gender"],
            ["name"],
        ]

    @pytest.mark.parametrize("permitted", [[], ["name"], ["id_number"]])
    def test_a_scope_needs_the_operators_permission(self, enter, permitted):
        """A site that may not have the number is refused the scope, not half-served."""
        visit = enter(identity_claims=permitted, scope="openid real_name id_number")

        assert visit.ask(scope="openid id_number").error == "invalid_scope"

    def test_nobody_has_these_scopes_by_default(self, proven):
        """Registered for the ordinary scopes, permitted all: still not asked for by scope."""
        assert proven.ask(scope="openid real_name").error == "invalid_scope"

    def test_ordinary_scopes_open_nothing_of_it(self, proven):
        """No legal name by accident."""
        tokens = proven.tokens(scope="openid profile phone email address")

        assert NAME not in proven.site.userinfo(tokens["access_token"]).text


class TestPermission:
    """Who may know is the operator's to say, site by site and claim by claim."""

    def test_without_it_nothing_is_told_and_nobody_is_asked(self, deployment, enter):
        """§5.7.2: silently left out."""
        citizen, _ = add_proven(deployment)
        visit = enter(citizen=citizen, first_party=True)

        assert told(visit, wish()).keys() == {"sub"}

    def test_it_is_by_the_claim(self, deployment, enter):
        """The kind of number goes with the number."""
        citizen, _ = add_proven(deployment)
        visit = enter(citizen=citizen, identity_claims=["gender", "name"])

        asked = wish(claims=dict.fromkeys([*EVERYTHING, "id_type"]))

        assert told(visit, asked)["verified_claims"]["claims"].keys() == {"gender", "name"}

    def test_a_site_cannot_give_it_to_itself(self):
        """RFC 7591 §5: a privilege is an operator's to give."""
        document = {"redirect_uris": ["https://a.example/cb"], "identity_claims": EVERYTHING}
        document["scope"] = "openid real_name id_number"

        checked = metadata.check(document, Policy("dynamic"), None).values

        assert "identity_claims" not in checked
        assert checked["scope"] == "openid"

    def test_taken_back_it_counts_at_once(self, deployment, proven):
        """For tokens that were issued before, too."""
        tokens = proven.tokens(claims=wish())
        change(deployment, proven.site, identity_claims=[])

        assert proven.site.userinfo(tokens["access_token"]).json.keys() == {"sub"}

    def test_widened_it_widens_no_earlier_consent(self, deployment, enter):
        """What a person was not asked about is not told, whatever the operator allows later."""
        citizen, number = add_proven(deployment)
        visit = enter(citizen=citizen, identity_claims=["name"])
        tokens = visit.tokens(claims=wish(claims={"name": None, "id_number": None}))
        change(deployment, visit.site, identity_claims=EVERYTHING)

        said = visit.site.userinfo(tokens["access_token"])

        assert said.json["verified_claims"]["claims"].keys() == {"name"}
        assert number not in said.text


class TestConsent:
    """§5.7.3: told is what the person agreed to."""

    def test_the_page_names_each_claim(self, proven):
        """Exactly what is released, in the reader's language."""
        proven.sign_in()

        page = proven.agent.follow(proven.ask(claims=wish(claims={"name": None, "id_type": None})))

        assert "Your legal name" in page.text
        assert "Your identity number" in page.text
        assert "Your date of birth" not in page.text
        chinese = proven.agent.follow(proven.ask(claims=wish(), ui_locales="zh-CN"))
        assert "您的真实姓名" in chinese.text

    def test_more_is_asked_about_again(self, proven):
        """An agreement to the name is none to the number."""
        told(proven, wish())

        proven.code(claims=wish())
        assert proven.asked == []
        proven.code(claims=wish(claims={"id_number": None}))
        assert proven.asked == ["consent"]

    def test_a_name_of_ones_own_choice_is_not_the_legal_name(self, proven):
        """Core's `name` and the proven one are two agreements."""
        proven.code(claims='{"userinfo":{"name":null}}')

        proven.code(claims=wish())

        assert proven.asked == ["consent"]

    def test_a_refusal_is_an_answer(self, proven):
        """§5.7.3, Core §3.1.2.6."""
        answer = proven.walk(proven.ask(claims=wish()), decision="consent-deny")

        assert answer.error == "access_denied"

    def test_a_first_party_site_asks_about_the_name_and_nothing_else(self, deployment, enter):
        """What spares it the question about signing in opens no legal name to it."""
        citizen, _ = add_proven(deployment)
        visit = enter(citizen=citizen, first_party=True, identity_claims=["name"])
        visit.code()
        asked_before = list(visit.asked)

        claims = told(visit, wish())["verified_claims"]["claims"]

        assert "consent" not in asked_before
        assert (claims, visit.asked[-1]) == ({"name": NAME}, "consent")


class TestReferences:
    """Nothing in the evidence may tell two sectors that they look at the same person."""

    ASKED = wish(verification_process=None, evidence=[{"type": None, "check_details": None}])

    def test_sectors_see_different_references(self, deployment, enter):
        """Core §8.1, carried on to the evidence."""
        citizen, _ = add_proven(deployment)
        seen = []
        for _ in range(2):
            visit = enter(citizen=citizen, identity_claims=["name"])
            verification = told(visit, self.ASKED)["verified_claims"]["verification"]
            check = verification["evidence"][0]["check_details"][0]["check_id"]
            seen += [verification["verification_process"], check]

        assert len(set(seen)) == 4
        with deployment.desk.database.read() as tx:
            record = verifications.strongest(tx, citizen.person_id)
        assert record.verification_id not in seen

    def test_one_sector_sees_the_same_each_time(self, deployment, enter):
        """Schema §5: a reference that an audit can follow."""
        citizen, _ = add_proven(deployment)
        urls = ["https://one.example/a"], ["https://one.example/b"]
        first, second = (
            told(enter(citizen=citizen, identity_claims=["name"], redirect_uris=uris), self.ASKED)[
                "verified_claims"
            ]
            for uris in urls
        )

        assert first == second


class TestMetadata:
    """§8."""

    def test_discovery_says_what_is_there(self, deployment):
        """§8: the names of the standard; every list has a member."""
        said = deployment.call("GET", "/.well-known/openid-configuration").json

        assert said["verified_claims_supported"] is True
        assert said["trust_frameworks_supported"] == ["cn_real_name"]
        assert said["evidence_supported"] == ["document", "electronic_record", "vouch"]
        assert "idcard" in said["documents_supported"]
        assert "population_register" in said["electronic_records_supported"]
        assert {"vpip", "data"} <= set(said["documents_check_methods_supported"])
        assert set(said["claims_in_verified_claims_supported"]) == {*EVERYTHING, "id_type"}
        assert {"real_name", "id_number"} <= set(said["scopes_supported"])
        assert said["claims_parameter_supported"] is True
        assert "verified_claims" in said["claims_supported"]


def change(deployment, site, **values):
    """Let the operator register *site* anew."""
    checked = metadata.check(
        {**site.metadata, **values}, Policy("operator"), deployment.desk.outbound
    )
    with deployment.desk.database.write() as tx:
        registration.update(tx, site.client_id, checked)
    deployment.desk.registry.forget(site.client_id)
