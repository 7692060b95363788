"""What can go wrong with a code or a token."""

from idp.errors import IdentityError


class GrantError(IdentityError):
    """What was presented buys nothing (RFC 6749 §5.2)."""

    code = "invalid_grant"
    status = 400


class CodeError(GrantError):
    """The authorization code buys nothing."""

    description = "The authorization code is invalid, expired or already used."


class CodeMismatchError(CodeError):
    """The code is spent, but what came with it does not fit (RFC 7636 §4.6)."""

    commits = True


class CodeReplayedError(CodeError):
    """Redeemed before; what it bought has been taken back (RFC 6749 §4.1.2)."""

    commits = True


class RefreshTokenError(GrantError):
    """The refresh token buys nothing."""

    description = "The refresh token is invalid, expired or revoked."


class RefreshTokenReplayedError(RefreshTokenError):
    """Used before; its whole family is dead (RFC 9700 §4.14.2)."""

    commits = True


class ScopeError(IdentityError):
    """More is asked than was granted."""

    code = "invalid_scope"
    status = 400
    description = "The requested scope exceeds what was granted."


class TargetError(IdentityError):
    """A token is asked for somebody who takes none of ours (RFC 8707 §2)."""

    code = "invalid_target"
    status = 400
    description = "There is no such resource here."
