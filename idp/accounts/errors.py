"""What can be wrong with an account, or with what somebody enters for one."""

from collections.abc import Mapping

from idp.errors import BadRequestError, IdentityError


class FieldErrors(BadRequestError):  # noqa: N818 - they are several
    """A form has faults; *fields* says which, by the names of its inputs."""

    code = "form_invalid"
    description = "Please check what you entered."

    def __init__(self, fields: Mapping[str, IdentityError]) -> None:
        self.fields = dict(fields)
        faults = ", ".join(f"{name}: {error.code}" for name, error in self.fields.items())
        super().__init__(detail=faults)


class NoIdentifierError(BadRequestError):
    """Nobody could ever sign in to such an account."""

    code = "identifier_missing"
    description = "Enter a mobile number, a user name or an identity number to sign in with."


class IdentifierTakenError(IdentityError):
    """Another person is found by this already."""

    code = "identifier_taken"
    status = 409
    description = "This belongs to another account."


class UsernameTakenError(IdentifierTakenError):
    """User names are public: no harm in saying that one is in use."""

    code = "username_taken"
    description = "This user name is taken. Choose another."


class PhoneTakenError(IdentifierTakenError):
    """The number's owner opened an account while the code was under way."""

    code = "phone_taken"
    description = "This telephone number belongs to another account."


class IdNumberTakenError(IdentifierTakenError):
    """The only identifier given cannot be used; it is not said by whom it is."""

    code = "id_number_not_enough"
    description = "An identity number alone is not enough here. Add a mobile number or a user name."


class PersonNotFoundError(IdentityError):
    """No person bears this id."""

    code = "person_unknown"
    status = 404
    description = "There is no such person."


class PersonErasedError(IdentityError):
    """What was erased does not come back."""

    code = "person_erased"
    status = 409
    description = "This person's data has been erased."
