"""What purposes and legal bases are called, for the people whom a check is about."""

from idp.web.locale import LazyText
from idp.web.locale import lazy_gettext as _

_PURPOSES: dict[str, LazyText] = {
    "social_security": _("Social security"),
    "medical_insurance": _("Medical insurance"),
    "medical": _("Medical treatment"),
    "taxation": _("Taxes"),
    "housing_fund": _("Housing provident fund"),
    "vehicle": _("Vehicles and driving licences"),
    "education": _("Education"),
    "employment": _("Employment"),
    "household": _("Household registration"),
    "marriage": _("Marriage registration"),
    "real_estate": _("Real estate"),
    "business": _("Business registration"),
    "travel_documents": _("Travel documents"),
    "public_security": _("Public security"),
    "justice": _("Courts and legal aid"),
    "benefits": _("Benefits and relief"),
    "complaint": _("A complaint"),
    "petition": _("A petition"),
}
# The items of article 13 of the Personal Information Protection Law.
_LEGAL_BASES: dict[str, LazyText] = {
    "consent": _("You consented"),
    "contract": _("It is needed for a contract with you"),
    "statutory_duty": _("It is the authority's duty by law"),
    "emergency": _("It protects life, health or property in an emergency"),
    "public_interest": _("It serves reporting or oversight in the public interest"),
    "disclosed": _("You, or the law, had made the information public"),
    "other_law": _("Another law allows it"),
}


def purpose(code: str) -> str:
    """Return what a person calls the purpose."""
    return str(_PURPOSES.get(code, code))


def legal_basis(code: str) -> str:
    """Return why the law lets it be asked."""
    return str(_LEGAL_BASES.get(code, code))
