"""The fault control and the registry counter: forms for people, JSON for programs."""

import re
from datetime import date

import pytest

from sandbox.addresses import AUTHORITIES, HALL, UPSTREAMS, Country
from sandbox.authorities.faults import Fault
from sandbox.credit_codes import check_character
from sandbox.identity_numbers import is_valid
from sandbox.nation import Nation
from sandbox.phone import create_phone
from sandbox.register import Register, RegisterError
from sandbox.register.awkward import cases, on_file
from sandbox.register.book import COUNTY

FORM = {"name": "林晚", "birth": "1995-05-20", "sex": "female", "phone": ""}


@pytest.fixture
def nation():
    return Nation()


@pytest.fixture
def phone(nation):
    return create_phone(Country(), nation).test_client()


def test_a_form_switches_a_fault_on_and_off(phone, nation):
    answer = phone.post("/control/ctid", data={"fault": "slow"})

    assert (answer.status_code, answer.location) == (303, "/control#ctid")
    assert nation.switchboard.of("ctid") is Fault.SLOW
    assert 'data-fault="slow"' in phone.get("/control").text
    phone.post("/control/ctid", data={"fault": ""})
    assert nation.switchboard.of("ctid") is None


def test_programs_switch_with_json_and_read_the_state(phone):
    answer = phone.post("/control/aliyun", json={"fault": "garbage"})

    assert answer.json == dict.fromkeys((*AUTHORITIES, *UPSTREAMS, *HALL)) | {"aliyun": "garbage"}
    assert phone.get("/control.json").json["aliyun"] == "garbage"
    assert phone.post("/control/aliyun", json={"fault": None}).json["aliyun"] is None


def test_everything_is_put_in_order_at_once(phone):
    phone.post("/control/ctid", json={"fault": "slow"})
    phone.post("/control/tencent", json={"fault": "stale"})

    assert phone.post("/control/off").status_code == 303
    assert set(phone.get("/control.json").json.values()) == {None}


@pytest.mark.parametrize(
    ("authority", "told"),
    [
        ("nobody", {"fault": "slow"}),
        ("ctid", {"fault": "fire"}),
        ("ctid", {"fault": 7}),
        ("ctid", {}),
        ("ctid", ["slow"]),
        ("aliyun", {"fault": "wrong_serial"}),
        ("population_gateway", {"fault": "no_photo"}),
    ],
)
def test_what_is_no_switch_is_refused(phone, authority, told):
    assert phone.post(f"/control/{authority}", json=told).status_code == 400
    assert set(phone.get("/control.json").json.values()) == {None}


@pytest.mark.parametrize("path", ["/control/ctid", "/control/off", "/register", "/department"])
def test_another_sites_page_cannot_use_the_forms(phone, path):
    answer = phone.post(path, data=FORM | {"fault": "slow"}, headers={"Origin": "http://evil"})

    assert answer.status_code == 403


def test_the_control_page_offers_what_each_authority_can_have(phone):
    page = phone.get("/control").text
    forms = re.findall(r'action="/control/(\w+)">(.*?)</form>', page, re.DOTALL)

    assert [key for key, _ in forms] == ["off", *AUTHORITIES, *UPSTREAMS, *HALL]
    assert 'value="wrong_serial"' in dict(forms)["ctid"]
    assert 'value="wrong_serial"' not in dict(forms)["aliyun"]


@pytest.mark.parametrize("path", ["/control", "/register", "/department"])
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_every_desk_speaks_both_languages(phone, path, lang):
    answer = phone.get(path, query_string={"lang": lang})

    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in answer.text
    assert "Undefined" not in answer.text


class TestTheCounter:
    """Whoever comes with an invented name leaves with a number that belongs to nobody."""

    def test_a_newcomer_gets_a_number_of_their_own(self, phone, nation):
        assert phone.post("/register", data=FORM).status_code == 303
        assert phone.post("/register", data=FORM).status_code == 303

        second, first = nation.register.newcomers()
        assert first.name == "林晚"
        assert first.id_number != second.id_number
        for newcomer in (first, second):
            assert is_valid(newcomer.id_number)
            assert newcomer.id_number.startswith(f"{COUNTY}19950520")
            assert newcomer.female
            assert newcomer.id_number in phone.get("/register").text

    @pytest.mark.parametrize(
        ("entered", "kept"),
        [
            ("林 晚", "林晚"),
            ("阿依•古丽", "阿依·古丽"),
            ("Anna  Lind", "Anna Lind"),
            ("𬱖龴", "𬱖龴"),
            ("Jean-Luc O’Neill", "Jean-Luc O’Neill"),
        ],
    )
    def test_a_name_is_spelt_as_registers_do(self, phone, nation, entered, kept):
        phone.post("/register", data=FORM | {"name": entered})

        assert nation.register.newcomers()[0].name == kept

    @pytest.mark.parametrize(
        "changes",
        [
            {"name": ""},
            {"name": "林"},
            {"name": "长" * 51},
            {"name": "<b>林</b>"},
            {"name": "林晚1"},
            {"name": "·林晚"},
            {"name": "龚\ue863"},
            {"birth": "1899-12-31"},
            {"birth": "2999-01-01"},
            {"birth": "2001-02-29"},
            {"birth": ""},
            {"phone": "12345678901"},
            {"phone": "1380013"},
        ],
        ids=str,
    )
    def test_what_cannot_be_registered_is_said_and_kept_in_the_form(self, phone, nation, changes):
        answer = phone.post("/register", data=FORM | changes)

        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
        assert 'role="alert"' in answer.text
        assert nation.register.newcomers() == []

    def test_newcomers_are_remembered_over_a_restart(self, tmp_path):
        memory = tmp_path / "register.json"
        first = Register.of_the_country(memory).admit("林晚", date(1995, 5, 20), female=False)

        again = Register.of_the_country(memory)

        assert again.citizen(first.id_number) == first
        assert memory.stat().st_mode & 0o777 == 0o600
        second = again.admit("林晓", date(1995, 5, 20), female=False)
        assert second.id_number != first.id_number
        assert again.insured(second.id_number) is not None

    def test_the_numbers_of_a_day_run_out(self):
        register = Register()
        for _ in range(499):
            register.admit("林晚", date(1995, 5, 20), female=True)

        with pytest.raises(RegisterError):
            register.admit("林晚", date(1995, 5, 20), female=True)


class TestTheRegister:
    """What is on file holds together."""

    def test_every_number_checks_out_and_is_there_once(self):
        register = Register.of_the_country()
        numbers = [citizen.id_number for citizen in register.citizens()]

        assert all(map(is_valid, numbers))
        assert len(set(numbers)) == len(numbers) == 12 + len(on_file())
        assert len(cases()) == len(on_file()) + 1
        assert register.citizen(cases()[-1].id_number) is None

    @pytest.mark.parametrize(
        "code", ["91110000600037341L", "A1110000MA0012345B", "N2340100MA2UN1234E"]
    )
    def test_credit_codes_are_those_of_the_standard(self, code):
        """GB 32100-2015: published and constructed examples."""
        assert check_character(code[:17]) == code[17]

    def test_every_enterprise_has_a_good_code_and_a_known_head(self):
        register = Register.of_the_country()
        for firm in register.enterprises():
            assert check_character(firm.credit_code[:17]) == firm.credit_code[17]
            head = register.citizen(firm.representative_id_number)
            assert head is not None
            assert head.name == firm.representative
