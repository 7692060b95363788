"""What can be wrong with an upstream's entry in the catalogue."""

from idp.errors import BadRequestError, IdentityError


class ConnectorUnknownError(IdentityError):
    """There is no such upstream, or it is switched off."""

    code = "connector_unknown"
    status = 404
    description = "This way of signing in is not offered, or no longer."


class ConnectorInvalidError(BadRequestError):
    """The document does not describe an upstream; the description says where."""

    code = "connector_invalid"
    description = "The description of the connector is not valid."


class ConnectorTakenError(IdentityError):
    """There is one of that name already."""

    code = "connector_taken"
    status = 409
    description = "There is a connector of that name already."
