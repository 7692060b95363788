"""Speaks to the relying party in ``node/rp.mjs``, one JSON line at a time."""

import json
import subprocess
from typing import Any

from .browser import Browser, Page, Person


class RefusedError(Exception):
    """openid-client reported a failure; the first argument is its code."""


class OpenidClient:
    """A running openid-client and the addresses it was registered with."""

    def __init__(self, process: subprocess.Popen[str], callback: str, signed_out: str) -> None:
        self.callback = callback
        self.signed_out = signed_out
        self._process = process

    def do(self, command: str, **options: str | None) -> dict[str, Any]:
        """Have openid-client do *command*.

        Raises:
            RefusedError: the provider answered with an error, or with nonsense.
        """
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": command, **options}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"openid-client ended with {self._process.poll()}"
        answer = json.loads(line)
        if "failed" in answer:
            raise RefusedError(answer["failed"], answer["why"])
        return answer["ok"]

    def sign_in(self, browser: Browser, person: Person, *, prompt: str = "consent") -> Page:
        """Take *person* through the provider; return where the browser was sent back to."""
        return browser.go_through(browser.open(self.do("start", prompt=prompt)["url"]), person)
