"""Alipay: the sign-in of its open platform, and what it tells of a person by our permissions."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from pydantic import Field, SecretStr

from config.schema import Room
from federation.connectors import alipay_gateway as gateway
from federation.connectors.alipay_gateway import Credentials, Gateway
from federation.connectors.errors import (
    UpstreamAwayError,
    UpstreamCodeError,
    UpstreamDeniedError,
    UpstreamError,
    UpstreamSetupError,
)
from federation.connectors.line import Line, needed, text_of, unusable
from federation.connectors.ports import Arrival, Departure, Flow, Kind, Standing
from federation.connectors.upstream import UpstreamIdentity

_SUCCESS = "10000"
_FAULTS_OF_SUB_CODE: Mapping[str, type[UpstreamError]] = {
    "isv.code-invalid": UpstreamCodeError,
    "isv.invalid-app-id": UpstreamSetupError,
    "isv.invalid-signature": UpstreamSetupError,
    "isv.missing-signature": UpstreamSetupError,
    "isv.invalid-timestamp": UpstreamSetupError,  # one of the two clocks is wrong
    "isv.app-call-limited": UpstreamAwayError,
    "isp.unknow-error": UpstreamAwayError,  # so spelled
}
_FAULTS_OF_CODE: Mapping[str, type[UpstreamError]] = {
    "20000": UpstreamAwayError,
    "20001": UpstreamCodeError,
    "40006": UpstreamSetupError,
}


class Options(Room):
    """Our app at Alipay; with the three certificates it is in certificate mode."""

    app_id: str = Field(min_length=1, description="Our app.")
    private_key: SecretStr = Field(description="Our RSA key: PEM, or base64 as their tools print.")
    alipay_public_key: str = Field(default="", description="Theirs, unless in certificate mode.")
    app_certificate: str = Field(default="", description="Our certificate, PEM.")
    alipay_certificate: str = Field(default="", description="Theirs, PEM.")
    root_certificates: str = Field(default="", description="Their roots, PEM.")
    aes_key: SecretStr = Field(default=SecretStr(""), description="AES key, base64; empty: none.")
    scope: str = Field(default="auth_user", description="auth_user, or auth_base for the id alone.")
    auth_url: str = Field(
        default="https://openauth.alipay.com", description="Where browsers are sent."
    )
    gateway_url: str = Field(
        default="https://openapi.alipay.com/gateway.do", description="Where we ask."
    )


class Alipay:
    """Speaks to Alipay as the app in *options*."""

    kind = "alipay"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._gateway = Gateway(options.gateway_url, credentials(options), line)

    def depart(self, flow: Flow) -> Departure:
        """Write the way to Alipay's page."""
        options = self._options
        query = {"app_id": options.app_id, "scope": options.scope}
        query |= {"redirect_uri": flow.redirect_uri, "state": flow.state}
        return Departure(url=f"{options.auth_url}/oauth2/publicAppAuthorize.htm?{urlencode(query)}")

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Change `auth_code`, which is not called `code`, for who somebody is.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        code = arrival.parameters.get("auth_code", "")
        if not code:
            raise UpstreamDeniedError(detail="came back without an auth_code")
        if arrival.parameters.get("app_id", self._options.app_id) != self._options.app_id:
            unusable("an auth_code of another app")
        token = self._token(code)
        user: dict[str, Any] = {}
        if self._options.scope != "auth_base":
            user = self._user(needed(token, "access_token"))
            for name in ("open_id", "user_id"):
                if text_of(user, name) and text_of(token, name) not in ("", text_of(user, name)):
                    unusable("the profile is somebody else's")
        return self._identity({**user, **{k: v for k, v in token.items() if v}})

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return None: Alipay has no sign-out."""
        return None

    def probe(self) -> None:
        """Ask with a code that is none: Alipay answers that, if it knows our app.

        Raises:
            UpstreamError: it is away, or does not know us.
        """
        try:
            self._token("none")
        except UpstreamCodeError:
            return

    def _token(self, code: str) -> dict[str, Any]:
        business = {"grant_type": "authorization_code", "code": code}
        return _succeeded(self._gateway.call("alipay.system.oauth.token", business))

    def _user(self, token: str) -> dict[str, Any]:
        user = _succeeded(self._gateway.call("alipay.user.info.share", {}, auth_token=token))
        if user.get("code") != _SUCCESS:
            unusable("a profile without success")
        return user

    def _identity(self, said: Mapping[str, Any]) -> UpstreamIdentity:
        open_id, user_id = text_of(said, "open_id"), text_of(said, "user_id")
        keys = [f"{self._options.app_id}/{open_id}"] if open_id else []
        keys += [user_id] if user_id else []
        if not keys:
            unusable("neither open_id nor user_id")
        certified = text_of(said, "is_certified") == "T"
        name, number = _plain(said, "user_name"), _plain(said, "cert_no")
        return UpstreamIdentity(
            subject=keys[0],
            aliases=tuple(keys[1:]),
            display_name=text_of(said, "nick_name"),
            real_name=name if certified else None,
            id_number=number if certified and text_of(said, "cert_type") == "0" else None,
            phone=_plain(said, "mobile"),
            phone_verified=bool(_plain(said, "mobile")),
            ial=3 if certified else 1,
        )


def credentials(options: Options) -> Credentials:
    """Read keys and certificates.

    Raises:
        UpstreamSetupError: one of them is none.
    """
    try:
        certificates, certificate_sn = {}, ""
        if options.app_certificate:
            ours = x509.load_pem_x509_certificate(options.app_certificate.encode())
            theirs = x509.load_pem_x509_certificate(options.alipay_certificate.encode())
            certificate_sn = gateway.certificate_sn(theirs)
            certificates = {
                "app_cert_sn": gateway.certificate_sn(ours),
                "alipay_root_cert_sn": gateway.root_sn(options.root_certificates),
            }
        return Credentials(
            app_id=options.app_id,
            key=gateway.private_key(options.private_key.get_secret_value()),
            alipay_key=gateway.public_key(options.alipay_certificate or options.alipay_public_key),
            aes_key=gateway.aes_key(options.aes_key.get_secret_value()),
            certificates=certificates,
            certificate_sn=certificate_sn,
        )
    except (ValueError, TypeError) as error:
        raise UpstreamSetupError(detail=f"a key or certificate: {type(error).__name__}") from None


def _succeeded(node: dict[str, Any]) -> dict[str, Any]:
    """Return *node* unless it is an error; a token comes without any code at all."""
    code, sub_code = text_of(node, "code"), text_of(node, "sub_code")
    if code in ("", _SUCCESS):
        return node
    kind = _FAULTS_OF_SUB_CODE.get(sub_code) or _FAULTS_OF_CODE.get(code)
    if kind is None:
        unusable(f"code {code[:8]}")
    raise kind(detail=f"code {code[:8]}")


def _plain(said: Mapping[str, Any], name: str) -> str | None:
    """Return a member, unless it is missing or masked."""
    value = text_of(said, name)
    return value if value and "*" not in value else None


KIND = Kind(
    name=Alipay.kind,
    title="Alipay",
    title_zh="支付宝",
    standing=Standing.VENDOR,
    options=Options,
    build=Alipay,
    icon="alipay",
    ial=3,
)
