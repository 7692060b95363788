"""Alipay's gateway: signatures as the vendor's SDK makes them, answers believed by their octets."""

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509.oid import NameOID

from federation.connectors import alipay_gateway as gateway
from federation.connectors import errors
from federation.connectors.alipay import KIND, Options
from federation.connectors.ports import Arrival

VECTORS = json.loads((Path(__file__).parent / "vectors" / "alipay.json").read_text())
OURS = VECTORS["private_key"]  # made for these vectors, and good for nothing else
GATEWAY = "/gateway.do"
TOKEN = {"user_id": "2088123", "access_token": "authusrB1", "expires_in": 1296000}
USER = {"code": "10000", "msg": "Success", "user_id": "2088123", "nick_name": "小明"}


@pytest.fixture(scope="module")
def theirs():
    return rsa.generate_private_key(65537, 2048)


def bare(key):
    form, no_password = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return b64encode(key.private_bytes(serialization.Encoding.DER, form, no_password)).decode()


def bare_public(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return b64encode(key.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


@pytest.fixture
def options(theirs):
    def made(**further):
        return Options(
            **{
                "app_id": "2021001",
                "private_key": OURS,
                "alipay_public_key": bare_public(theirs),
                **further,
            }
        )

    return made


@pytest.fixture
def alipay(options, line):
    return KIND.build(options(), line)


def signed(key, name, raw, **beside):
    """Write an answer as Alipay does: the signature is over the octets of the node."""
    signature = b64encode(key.sign(raw.encode(), PKCS1v15(), hashes.SHA256())).decode()
    further = "".join(f',"{k}":"{v}"' for k, v in beside.items())
    return f'{{"{name}":{raw},"sign":"{signature}"{further}}}'.encode()


def says(script, key, token=TOKEN, user=USER):
    dump = json.dumps(token, ensure_ascii=False, separators=(",", ":"))
    script.says(GATEWAY, signed(key, "alipay_system_oauth_token_response", dump))
    shown = json.dumps(user, ensure_ascii=False, indent=2)
    script.says(GATEWAY, signed(key, "alipay_user_info_share_response", shown))


def come_back(alipay, flow, **parameters):
    arrival = Arrival(parameters=parameters or {"auth_code": "C", "app_id": "2021001"})
    return alipay.arrive(flow, {}, arrival)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda c: c["parameters"]["method"])
def test_requests_are_signed_as_the_vendors_sdk_signs_them(case):
    assert gateway.string_to_sign(case["parameters"]) == case["content"]
    assert gateway.sign(gateway.private_key(OURS), case["parameters"]) == case["sign"]


def test_content_is_enciphered_as_the_vendors_sdk_does():
    key = b64decode(VECTORS["aes_key"])

    assert gateway.encrypt(key, VECTORS["aes_plain"]) == VECTORS["aes_cipher"]
    assert gateway.decrypt(key, VECTORS["aes_cipher"]) == VECTORS["aes_plain"]


def test_every_spelling_of_a_key_is_read(theirs):
    """PKCS#1 or PKCS#8, as PEM or as bare base64: the SDK reads but one of the four."""
    for form in (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL):
        for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
            octets = theirs.private_bytes(encoding, form, serialization.NoEncryption())
            pem = encoding is serialization.Encoding.PEM
            text = octets.decode() if pem else b64encode(octets).decode()
            assert gateway.private_key(text).private_numbers() == theirs.private_numbers()


def test_common_parameters_go_into_the_query_and_the_rest_into_the_body(
    alipay, flow, script, theirs
):
    says(script, theirs)

    come_back(alipay, flow)

    token, user = script.asked
    assert token.form == {"grant_type": "authorization_code", "code": "C"}
    assert token.query["method"] == "alipay.system.oauth.token"
    assert "biz_content" not in {**token.query, **token.form}
    assert user.query["auth_token"] == "authusrB1"
    sent = {**token.query, **token.form}
    assert gateway.is_signed(
        gateway.private_key(OURS).public_key(), gateway.string_to_sign(sent), sent["sign"]
    )


def test_the_way_there_names_the_app_and_comes_back_with_auth_code(alipay, flow):
    url = urlsplit(alipay.depart(flow).url)

    assert url.path == "/oauth2/publicAppAuthorize.htm"
    assert dict(parse_qsl(url.query)) == {
        "app_id": "2021001",
        "scope": "auth_user",
        "redirect_uri": flow.redirect_uri,
        "state": flow.state,
    }


def test_older_apps_are_given_a_user_id(alipay, flow, script, theirs):
    says(script, theirs)

    identity = come_back(alipay, flow)

    assert (identity.subject, identity.display_name, identity.ial) == ("2088123", "小明", 1)


def test_newer_apps_are_given_an_open_id_which_is_good_in_one_app(alipay, flow, script, theirs):
    token = {"open_id": "07-abc", "access_token": "T"}
    says(script, theirs, token, {"code": "10000", "open_id": "07-abc"})

    assert come_back(alipay, flow).subject == "2021001/07-abc"


def test_with_both_the_user_id_is_an_alias(alipay, flow, script, theirs):
    says(script, theirs, TOKEN | {"open_id": "07-abc"}, USER | {"open_id": "07-abc"})

    identity = come_back(alipay, flow)

    assert (identity.subject, identity.aliases) == ("2021001/07-abc", ("2088123",))


def test_a_certified_person_comes_with_name_and_number(alipay, flow, script, theirs):
    certified = {"is_certified": "T", "user_name": "张三", "cert_type": "0"}
    says(script, theirs, user=USER | certified | {"cert_no": "11010119900307002X"})

    identity = come_back(alipay, flow)

    assert (identity.real_name, identity.id_number) == ("张三", "11010119900307002X")
    assert identity.ial == 3


def test_what_is_masked_or_not_certified_is_not_taken(alipay, flow, script, theirs):
    masked = {"is_certified": "T", "user_name": "张*", "cert_type": "0", "cert_no": "1****X"}
    says(script, theirs, user=USER | masked)
    identity = come_back(alipay, flow)
    assert (identity.real_name, identity.id_number) == (None, None)

    script.answers.clear()
    says(script, theirs, user=USER | {"is_certified": "F", "user_name": "张三"})
    assert come_back(alipay, flow).real_name is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda b: b.replace(b"2088123", b"2088124"),
        lambda b: b.replace(b'"sign":"', b'"sign":"AAAA'),
        lambda b: b.replace(b'"sign"', b'"sing"'),
        lambda b: b.replace(b'{"user_id"', b'{ "user_id"'),
        lambda b: b.replace(b'"expires_in"', b'"user_id":"2088999","expires_in"'),
        lambda _: b"<html>busy</html>",
        lambda _: b"\xff",
        lambda _: b"{}",
        lambda _: b'{"alipay_system_oauth_token_response":[],"sign":"x"}',
    ],
    ids=["altered", "forged", "unsigned", "spaced", "twice", "html", "latin", "empty", "list"],
)
def test_an_answer_that_alipay_did_not_sign_octet_by_octet_is_none(
    alipay, flow, script, theirs, spoil
):
    raw = json.dumps(TOKEN, separators=(",", ":"))
    script.says(GATEWAY, spoil(signed(theirs, "alipay_system_oauth_token_response", raw)))

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(alipay, flow)


def test_the_profile_must_be_of_whom_the_code_was(alipay, flow, script, theirs):
    says(script, theirs, user=USER | {"user_id": "2088999"})

    with pytest.raises(errors.UpstreamAnswerError):
        come_back(alipay, flow)


@pytest.mark.parametrize(
    ("node", "refusal"),
    [
        ({"code": "40002", "sub_code": "isv.code-invalid"}, errors.UpstreamCodeError),
        ({"code": "40002", "sub_code": "isv.invalid-app-id"}, errors.UpstreamSetupError),
        ({"code": "20000", "sub_code": "isp.unknow-error"}, errors.UpstreamAwayError),
        ({"code": "40006", "sub_code": "isv.insufficient"}, errors.UpstreamSetupError),
        ({"code": "77777"}, errors.UpstreamAnswerError),
    ],
)
@pytest.mark.parametrize("with_signature", [True, False])
def test_an_error_signs_nobody_in_whether_it_is_signed_or_not(
    alipay, flow, script, theirs, node, refusal, with_signature
):
    raw = json.dumps(node)
    body = signed(theirs, "error_response", raw)
    script.says(GATEWAY, body if with_signature else f'{{"error_response":{raw}}}'.encode())

    with pytest.raises(errors.UpstreamError) as caught:
        come_back(alipay, flow)
    assert type(caught.value) is refusal


def test_whoever_said_no_or_came_for_another_app_is_nobody(alipay, flow, script):
    with pytest.raises(errors.UpstreamDeniedError):
        come_back(alipay, flow, app_id="2021001", state=flow.state)
    with pytest.raises(errors.UpstreamAnswerError):
        come_back(alipay, flow, auth_code="C", app_id="2021999")
    assert script.asked == []


def test_an_enciphered_answer_is_verified_with_its_quotes_and_then_read(
    options, flow, script, line, theirs
):
    key = VECTORS["aes_key"]
    raw = json.dumps(gateway.encrypt(b64decode(key), json.dumps(TOKEN)))
    script.says(GATEWAY, signed(theirs, "alipay_system_oauth_token_response", raw))
    enciphering = KIND.build(options(aes_key=key, scope="auth_base"), line)

    assert come_back(enciphering, flow).subject == "2088123"
    assert script.asked[0].query["encrypt_type"] == "AES"


def certificate(key, name):
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    now = datetime(2026, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
    built = built.public_key(key.public_key()).serial_number(4711).not_valid_before(now)
    made = built.not_valid_after(now + timedelta(days=3650)).sign(key, hashes.SHA256())
    return made, made.public_bytes(serialization.Encoding.PEM).decode()


def test_in_certificate_mode_both_sides_name_their_certificates(
    options, flow, script, line, theirs
):
    """MD5 over "CN=…,O=…,C=CN" and the serial number, as the vendor's tools compute it."""
    _, ours = certificate(gateway.private_key(OURS), "app")
    made, alipays = certificate(theirs, "alipay")
    assert gateway.certificate_sn(made) == _md5("CN=alipay,O=Test,C=CN4711")
    ours_named = {
        "app_certificate": ours,
        "alipay_certificate": alipays,
        "root_certificates": alipays,
    }
    certified = KIND.build(options(scope="auth_base", **ours_named), line)
    raw, name = json.dumps(TOKEN), "alipay_system_oauth_token_response"
    right = signed(theirs, name, raw, alipay_cert_sn=gateway.certificate_sn(made))
    script.says(GATEWAY, right).says(GATEWAY, signed(theirs, name, raw, alipay_cert_sn="other"))

    assert come_back(certified, flow).subject == "2088123"
    assert script.asked[0].query["app_cert_sn"] == _md5("CN=app,O=Test,C=CN4711")
    assert script.asked[0].query["alipay_root_cert_sn"] == _md5("CN=alipay,O=Test,C=CN4711")
    with pytest.raises(errors.UpstreamSetupError):
        come_back(certified, flow)


def _md5(text):
    import hashlib

    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    "fault", [{"private_key": "none"}, {"alipay_public_key": ""}, {"aes_key": "c2hvcnQ="}]
)
def test_a_key_that_is_none_is_told_as_a_fault_of_the_setup(options, line, fault):
    with pytest.raises(errors.UpstreamSetupError):
        KIND.build(options(**fault), line)


def test_a_probe_is_content_with_being_known(alipay, script, theirs):
    node = json.dumps({"code": "40002", "sub_code": "isv.code-invalid"})
    script.says(GATEWAY, signed(theirs, "error_response", node))

    alipay.probe()
