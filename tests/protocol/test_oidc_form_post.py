"""OAuth 2.0 Form Post Response Mode: the answer travels in a form."""

import pytest

HOSTILE = "\"'><script>alert(1)</script>&amp;"


def test_a_code_is_posted(visit):
    """§2: a page whose form posts code, state and iss to the redirect URI."""
    page = visit.enter(response_mode="form_post", state="s1")

    form = page.form(having="code")
    assert (page.status, form.method, form.action) == (200, "post", visit.site.redirect_uri)
    assert form.fields.keys() == {"code", "state", "iss"}
    assert (form.fields["state"], form.fields["iss"]) == ("s1", visit.site.provider.issuer)
    assert visit.site.redeem(form.fields["code"]).status == 200


def test_so_is_it_when_nobody_is_asked(visit):
    """§2: a live session, silently."""
    visit.sign_in()

    page = visit.ask(response_mode="form_post", prompt="none")

    assert page.form(having="code").action == visit.site.redirect_uri


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
    ids=str,
)
def test_an_error_is_posted_with_200(visit, changes, error):
    """§2; PROTOCOL: relying parties expect 200, not 4xx."""
    page = visit.ask(response_mode="form_post", state="s2", **changes)

    form = page.form(having="error")
    assert (page.status, form.action) == (200, visit.site.redirect_uri)
    assert (form.fields["error"], form.fields["state"]) == (error, "s2")
    assert form.fields["iss"] == visit.site.provider.issuer


def test_a_refusal_is_posted(visit):
    """§2: access_denied."""
    page = visit.walk(visit.ask(response_mode="form_post"), decision="consent-deny")

    assert page.form(having="error").fields["error"] == "access_denied"


def test_a_hostile_state_stays_a_value(visit):
    """§4: escaped; the parser gets back what the site sent, and no script runs."""
    page = visit.enter(response_mode="form_post", state=HOSTILE)

    assert "<script>alert" not in page.text
    assert page.form(having="state").fields["state"] == HOSTILE


def test_the_page_is_kept_by_nobody_and_runs_without_script(visit):
    """§4, RFC 9700 §4.2.4: no-store, no inline script, a button for browsers without scripts."""
    page = visit.enter(response_mode="form_post")

    assert page.header("Cache-Control") == "no-store"
    assert page.header("Referrer-Policy") == "no-referrer"
    policy = page.header("Content-Security-Policy")
    assert "unsafe" not in policy
    origin = visit.site.redirect_uri.removesuffix("/callback")
    assert origin in policy.partition("form-action")[2].partition(";")[0]
    assert page.form(having="continue")


@pytest.mark.parametrize("mode", ["fragment", "jwt", "form_post.jwt", "web_message", "QUERY"])
def test_an_unknown_mode_is_refused(visit, mode):
    """Multiple Response Types §2.1: told by query, for the mode itself is not known."""
    answer = visit.ask(response_mode=mode)

    assert answer.fields["error"] == "invalid_request"


def test_query_may_be_said_aloud(visit):
    """Multiple Response Types §2.1: query is the default of code."""
    assert visit.enter(response_mode="query").fields["code"]
