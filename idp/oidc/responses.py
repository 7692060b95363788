"""The answer to an authorization request, by query or by form (RFC 6749 §4.1.2, Form Post §2)."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from idp.errors import IdentityError
from idp.oidc.errors import ascii_only
from idp.web.machine import Reply, see_other


@dataclass(frozen=True, slots=True)
class Answer:
    """Parameters on their way to a site."""

    redirect_uri: str
    fields: dict[str, str]
    by_form: bool

    def reply(self) -> Reply | None:
        """Return the redirect, or None when a page must post the form."""
        return None if self.by_form else see_other(self.url())

    def url(self) -> str:
        """Return the redirect URI with our parameters after those it was registered with."""
        parts = urlsplit(self.redirect_uri)
        added = urlencode(self.fields, quote_via=quote)
        query = "&".join(filter(None, (parts.query, added)))
        return urlunsplit(parts._replace(query=query))


def success(
    redirect_uri: str, *, code: str, state: str | None, issuer: str, by_form: bool
) -> Answer:
    fields = {"code": code}
    return _answer(redirect_uri, fields, state=state, issuer=issuer, by_form=by_form)


def failure(
    redirect_uri: str, error: IdentityError, *, state: str | None, issuer: str, by_form: bool
) -> Answer:
    fields = {"error": error.code, "error_description": ascii_only(error.description)}
    return _answer(redirect_uri, fields, state=state, issuer=issuer, by_form=by_form)


def _answer(
    redirect_uri: str, fields: dict[str, str], *, state: str | None, issuer: str, by_form: bool
) -> Answer:
    if state is not None:
        fields["state"] = state
    fields["iss"] = issuer  # RFC 9207 §2: in success and error alike
    return Answer(redirect_uri, fields, by_form)
