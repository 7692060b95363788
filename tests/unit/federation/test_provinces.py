"""Provinces' own protocols, by the vectors that are known of them."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from federation.connectors import beijing, errors, jis, zhejiang
from federation.connectors.ports import Arrival
from idp import clock

NEW_YEAR = 1767268800  # 2026-01-01 12:00 UTC, eight in the evening in China
VALIDATE = "/restapi/prod/IC33000020220228000002/sso/servlet/simpleauth"
USER = "/restapi/prod/IC33000020220228000004/sso/servlet/simpleauth"
INTERFACE = "/JIS/sso/interface.do"
TOKEN, INFO = "/api/oauth/getAccessToken", "/api/info/getUserInfo"
SECRET = "00112233445566778899aabbccddeeff"


@pytest.fixture
def new_year():
    clock.set_source(lambda: NEW_YEAR)
    yield
    clock.set_source()


def asked_of(url):
    return dict(parse_qsl(urlsplit(url).query))


def ecb(key, text):
    """Encipher as the provinces do, by hand."""
    padder = padding.PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return (encryptor.update(padded) + encryptor.finalize()).hex()


class TestZhejiang:
    """Ticket to token to person, behind a gateway."""

    @pytest.fixture
    def province(self, line):
        options = zhejiang.Options(access_key="BCDSGA_test", secret_key="secret_test")
        return zhejiang.KIND.build(options, line)

    def come_back(self, province, flow, **parameters):
        arrival = Arrival(parameters=parameters or {"ticket": "st1", "sp": flow.state})
        return province.arrive(flow, {}, arrival)

    def test_both_signs_are_those_of_the_known_vectors(self):
        assert zhejiang.sign("BCDSGA_test", "secret_test", "20260101120000") == (
            "886c9f1c0d1c95723ccbea0369d77077"
        )
        date = "Thu, 01 Jan 2026 12:00:00 GMT"
        assert zhejiang.gateway_sign("secret_test", "POST", VALIDATE, "", "BCDSGA_test", date) == (
            "Cc3MNCnMP9H6KuFDMX789xqSVyUeR2bbStdJYBe/rtI="
        )

    @pytest.mark.usefixtures("new_year")
    def test_a_verified_person_comes_with_name_number_and_level(self, province, flow, script):
        script.says(VALIDATE, {"result": "0", "token": "T", "userid": "u1"})
        told = {"result": "0", "userid": "u1", "authlevel": "3", "idtype": "1"}
        script.says(USER, told | {"username": "张三", "idnum": "11010119900307002X"})

        person = self.come_back(province, flow)

        assert (person.subject, person.ial) == ("u1", 3)
        assert (person.real_name, person.id_number) == ("张三", "11010119900307002X")
        asked = script.asked[0]
        assert asked.form["time"] == "20260101200000"  # civil time
        assert asked.headers["X-BG-DATE-TIME"] == "Thu, 01 Jan 2026 12:00:00 GMT"  # GMT
        assert asked.headers["X-BG-HMAC-SIGNATURE"] == (
            "Cc3MNCnMP9H6KuFDMX789xqSVyUeR2bbStdJYBe/rtI="
        )

    def test_the_state_travels_as_goto(self, province, flow):
        assert asked_of(province.depart(flow).url)["goto"] == flow.state
        assert zhejiang.KIND.state_parameter == "sp"

    def test_whoever_is_not_verified_has_no_real_name(self, province, flow, script):
        script.says(VALIDATE, {"result": "0", "token": "T"})
        script.says(USER, {"result": "0", "userid": "u1", "authlevel": "1", "username": "abc"})

        person = self.come_back(province, flow)

        assert (person.real_name, person.id_number, person.ial) == (None, None, 1)

    def test_a_passport_number_is_no_id_number(self, province, flow, script):
        script.says(VALIDATE, {"result": "0", "token": "T"})
        told = {"result": "0", "userid": "u1", "authlevel": "2", "idtype": "2"}
        script.says(USER, told | {"username": "Ann", "idnum": "EA1234567"})

        assert self.come_back(province, flow).id_number is None

    @pytest.mark.parametrize(
        ("result", "refusal"),
        [("6001", errors.UpstreamCodeError), ("6003", errors.UpstreamSetupError),
         ("6099", errors.UpstreamAnswerError), (None, errors.UpstreamAnswerError)],
    )  # fmt: skip
    def test_a_result_that_is_not_0_signs_nobody_in(self, province, flow, script, result, refusal):
        script.says(VALIDATE, {"result": result, "token": "T"})

        with pytest.raises(errors.UpstreamError) as caught:
            self.come_back(province, flow)
        assert type(caught.value) is refusal

    def test_the_profile_must_be_of_whom_the_ticket_was(self, province, flow, script):
        script.says(VALIDATE, {"result": "0", "token": "T", "userid": "u1"})
        script.says(USER, {"result": "0", "userid": "u2", "authlevel": "1"})

        with pytest.raises(errors.UpstreamAnswerError):
            self.come_back(province, flow)


class TestJis:
    """Data as text within text, under AES-ECB."""

    WORD = "0123456789abcdef"

    @pytest.fixture
    def province(self, line):
        options = jis.Options(app_mark="testmark", app_word=self.WORD)
        return jis.KIND.build(options, line)

    def come_back(self, province, flow):
        return province.arrive(flow, {}, Arrival(parameters={"ticket": "t1"}))

    def test_sign_and_cipher_are_those_of_the_known_vectors(self):
        assert jis.sign("testmark", self.WORD, "20260101120000") == (
            "c8f9d7c589c2bc6d433a9e062d707a85"
        )
        sealed = "4ca1b2c0621585c2e32a29789ae061ed03000aeb4ff51d29188f82e4a162a1f6"
        assert json.loads(jis.opened(self.WORD, sealed)) == {"name": "张三"}

    def test_a_person_is_read_out_of_text_within_text(self, province, flow, script):
        script.says(INTERFACE, {"retcode": "000000", "data": '{"token":"T"}'})
        person = {"uuid": "p1", "name": "张三", "papersnumber": "11010119900307002X"}
        sealed = ecb(self.WORD.encode(), json.dumps(person | {"authlevel": 3}))
        script.says(INTERFACE, {"retcode": "000000", "data": sealed})

        told = self.come_back(province, flow)

        assert (told.subject, told.real_name, told.ial) == ("p1", "张三", 3)
        assert script.asked[0].form["servicename"] == "ticketValidate"
        assert json.loads(script.asked[0].form["params"]) == {"ticket": "t1"}
        assert json.loads(script.asked[1].form["params"]) == {"token": "T"}

    def test_no_state_comes_back_so_the_address_carries_it(self, province, flow):
        assert asked_of(province.depart(flow).url)["backUrl"] == flow.redirect_uri
        assert jis.KIND.state_parameter == ""

    @pytest.mark.parametrize(
        "second",
        [
            {"retcode": "000000", "data": "zz"},
            {"retcode": "000000", "data": "00" * 16},
            {"retcode": "000000", "data": ecb(b"another key here", '{"uuid":"p1"}')},
            {"retcode": "000000"},
            {"retcode": "000000", "data": ecb(WORD.encode(), '{"name":"x"}')},
        ],
    )
    def test_what_cannot_be_opened_signs_nobody_in(self, province, flow, script, second):
        script.says(INTERFACE, {"retcode": "000000", "data": '{"token":"T"}'})
        script.says(INTERFACE, second)

        with pytest.raises(errors.UpstreamAnswerError):
            self.come_back(province, flow)

    def test_a_used_ticket_is_told(self, province, flow, script):
        script.says(INTERFACE, {"retcode": "000001", "data": ""})

        with pytest.raises(errors.UpstreamCodeError):
            self.come_back(province, flow)


class TestBeijing:
    """Natural persons; the number comes enciphered."""

    @pytest.fixture
    def city(self, line):
        urls = {"login_url": "https://login.example/oauth", "api_url": "https://api.example"}
        options = beijing.Options(client_id="c1", client_secret=SECRET, **urls)
        return beijing.KIND.build(options, line)

    def come_back(self, city, flow):
        return city.arrive(flow, {}, Arrival(parameters={"code": "C"}))

    def test_a_person_comes_with_an_enciphered_number(self, city, flow, script):
        script.says(TOKEN, {"meta": {"code": 0}, "data": {"access_token": "T"}})
        sealed = ecb(bytes.fromhex(SECRET), "11010119900307002X")
        told = {"uniqueId": "b1", "certName": "张三", "certNo": sealed, "certNoType": "111"}
        script.says(INFO, {"meta": {"code": 0}, "data": told | {"certLevel": "L3"}})

        person = self.come_back(city, flow)

        assert (person.subject, person.ial) == ("b1", 3)
        assert person.id_number == "11010119900307002X"

    @pytest.mark.usefixtures("new_year")
    def test_the_token_is_asked_for_with_an_enciphered_proof(self, city, flow, script):
        script.says(TOKEN, {"meta": {"code": 0}, "data": {"access_token": "T"}})
        script.says(INFO, {"meta": {"code": 0}, "data": {"uniqueId": "b1"}})

        self.come_back(city, flow)

        proof = ecb(bytes.fromhex(SECRET), f"c1:{SECRET}:{NEW_YEAR * 1000}")
        assert script.asked[0].form["auth_token"] == proof.upper()
        assert script.asked[0].form["grant_code"] == "C"

    def test_somebody_anonymous_has_no_name(self, city, flow, script):
        script.says(TOKEN, {"meta": {"code": 0}, "data": {"access_token": "T"}})
        script.says(INFO, {"meta": {"code": 0}, "data": {"uniqueId": "b1", "certLevel": "L1"}})

        person = self.come_back(city, flow)
        assert (person.real_name, person.id_number, person.ial) == (None, None, 1)

    def test_an_error_in_meta_is_an_error(self, city, flow, script):
        script.says(TOKEN, {"meta": {"code": 1001, "message": "m"}, "data": {}})

        with pytest.raises(errors.UpstreamCodeError):
            self.come_back(city, flow)


@pytest.mark.parametrize("kind", [zhejiang, jis, beijing], ids=lambda m: m.KIND.name)
def test_whoever_said_no_comes_back_with_nothing(kind, flow, line, script):
    words = {"client_secret": SECRET, "app_word": "0123456789abcdef"}
    fields = kind.Options.model_fields.items()
    needed = {n: words.get(n, "https://x.example") for n, f in fields if f.is_required()}

    with pytest.raises(errors.UpstreamDeniedError):
        kind.KIND.build(kind.Options(**needed), line).arrive(flow, {}, Arrival(parameters={}))
    assert script.asked == []
