"""What a connector is: it writes the way to its upstream, and reads who came back.

It holds no state and knows no database, session or account. What it must remember between the
two, it returns as *notes*: whoever drives it keeps them sealed, bound to browser and connector.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from config.schema import Room
from federation.connectors.line import Line
from federation.connectors.upstream import UpstreamIdentity


class Surroundings(StrEnum):
    """In which app the person's browser runs: some upstreams have a way of their own for it."""

    BROWSER = "browser"
    PHONE = "phone"  # a browser on a phone
    WECHAT = "wechat"
    ALIPAY = "alipay"
    DINGTALK = "dingtalk"
    WECOM = "wecom"
    FEISHU = "feishu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One way there and back. *state* and *nonce* are random, *verifier* is PKCE's (RFC 7636).

    *redirect_uri* is our callback for this very connector; *ial* and *aal* are what is wanted.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str
    surroundings: Surroundings = Surroundings.BROWSER
    language: str = "zh-CN"
    ial: int = 1
    aal: int = 1
    afresh: bool = False  # the person must show who they are again there


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Where the browser goes: *url* by GET, or with *form* by an automatic POST."""

    url: str
    form: Mapping[str, str] | None = None
    notes: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What the browser brought back: parameters of the callback, each once."""

    parameters: Mapping[str, str] = field(repr=False)
    method: str = "GET"


class Connector(Protocol):
    """An upstream of one kind, as one instance of the catalogue is set up."""

    kind: str

    def depart(self, flow: Flow) -> Departure:
        """Write the way there.

        Raises:
            UpstreamError: it had to be asked first, and gave no answer.
        """

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Return who came back. *state* has been compared already where the upstream returns it.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return where the browser goes to sign out there too, or None if there is no such way.

        *return_to* may have `state` in its query, for upstreams that bring one back.
        """

    def probe(self) -> None:
        """See that the upstream is there.

        Raises:
            UpstreamError: it is not.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A session that ended at an upstream: one of somebody's, or, without *sid*, all of them."""

    token_id: str  # good once
    sid: str = field(repr=False)
    subject: str = field(repr=False)


@runtime_checkable
class Herald(Protocol):
    """A connector whose upstream tells, machine to machine, when somebody signs out there."""

    def ended(self, token: str) -> Ended:
        """Return what ended, as *token* says.

        Raises:
            UpstreamError: the upstream did not say so.
        """


class Standing(StrEnum):
    """Whose wire format it is."""

    STANDARD = "standard"
    VENDOR = "vendor"
    OURS = "ours"  # nothing is published: a profile of our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A protocol: how its options are described, and how a connector is built from them.

    *state_parameter* is what our state comes back in; empty where the upstream brings none
    back, so that the callback's own path must carry it.
    *ial* is the most that such an upstream may be trusted with, whatever an operator says.
    """

    name: str
    title: str
    title_zh: str
    standing: Standing
    options: type[Room]
    build: Callable[[Any, Line], Connector]
    icon: str
    state_parameter: str = "state"
    ial: int = 1
    surroundings: frozenset[Surroundings] = frozenset(Surroundings)
