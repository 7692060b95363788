"""A register of population for tests: it answers what it is told to, and remembers who asked."""

import threading
from dataclasses import replace

from idp.db import db
from idp.registry import sources
from idp.registry.results import Result, Verdict


class Register:
    """A population source whose verdict can be switched, and that can be made to wait."""

    source = "local"

    def __init__(self):
        self.result = Result.MATCH
        self.reason = ""
        self.questions = []
        self.gate = None
        self.within_transaction = False
        self._lock = threading.Lock()

    def check(self, query):
        with self._lock:
            self.questions.append(query)
            self.within_transaction |= db.session().in_transaction()
        if self.gate is not None:
            self.gate.wait(10)
        return Verdict(result=self.result, source=self.source, reference="no-1", reason=self.reason)


def plug_in(app):
    """Put a `Register` in the place of the population sources of *app*, and return it."""
    register = Register()
    app.extensions[sources.KEY] = replace(app.extensions[sources.KEY], population=register)
    return register
