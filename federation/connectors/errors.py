"""Why an upstream's answer signs nobody in; each has a way on for the person before the screen."""

from idp.errors import IdentityError


class UpstreamError(IdentityError):
    """The upstream vouched for nobody; its *detail* is for the log and quotes nothing personal."""

    code = "upstream_failed"
    status = 502
    description = "The other service did not confirm who you are. Please try again."


class UpstreamDeniedError(UpstreamError):
    """The person said no there, or closed the page."""

    code = "upstream_denied"
    status = 403
    description = "You did not agree to sign in at the other service. Nothing was changed."


class UpstreamCodeError(UpstreamError):
    """The one-time code came too late, twice, or for somebody else."""

    code = "upstream_code_invalid"
    status = 400
    description = "This sign-in at the other service has expired. Please start again."


class UpstreamAwayError(UpstreamError):
    """No answer, or one that says that there will be none for a while."""

    code = "upstream_unavailable"
    status = 503
    description = "The other service does not answer at the moment. Please use another way in."
    retry_after = 60


class UpstreamAnswerError(UpstreamError):
    """It answered, but with what cannot be believed: no JSON, a bad signature, another's answer."""

    code = "upstream_answer_invalid"
    description = "The other service gave an answer that cannot be relied on."


class UpstreamAccountError(UpstreamError):
    """An account there that is nobody's for sure: a snapshot, a visitor, an outsider."""

    code = "upstream_account_unfit"
    status = 403
    description = "This kind of account at the other service cannot be used to sign in here."


class UpstreamSetupError(UpstreamError):
    """It does not know us: a wrong id, secret, certificate or address in its configuration."""

    code = "upstream_misconfigured"
    description = "The connection to the other service is not set up correctly. We were told."
