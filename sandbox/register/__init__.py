"""What the country's authorities hold on file: invented people, enterprises, cards, documents."""

from sandbox.register.book import Register, RegisterError
from sandbox.register.records import Citizen, Enterprise, Insured, Status, TravelPaper

__all__ = [
    "Citizen",
    "Enterprise",
    "Insured",
    "Register",
    "RegisterError",
    "Status",
    "TravelPaper",
]
