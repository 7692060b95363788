"""What can be wrong with whoever comes back from an upstream."""

from idp.errors import IdentityError


class FlowLostError(IdentityError):
    """Nobody left from this browser, for this upstream, lately; or somebody was here before."""

    code = "federation_flow_lost"
    status = 400
    description = (
        "This sign-in was not begun here, took too long, or is over already. Please start again."
    )
