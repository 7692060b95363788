"""Failures of jobs."""

from idp.errors import IdentityError


class HopelessError(IdentityError):
    """The job can never be done: trying again would change nothing."""

    code = "job_hopeless"
    description = "The task cannot be carried out."


class DeliveryError(IdentityError):
    """The other side did not take it; it may take it later."""

    code = "delivery_failed"
    description = "The message could not be delivered."
