"""Which addresses a fetch of ours may reach: the open internet, and what is named besides."""

import ipaddress
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate

from idp.errors import IdentityError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# RFC 6052 §2.1 (NAT64), RFC 3056 §2 (6to4), RFC 4380 §2.6 (Teredo), RFC 3879 (site-local):
# ways to write an address of one network as an address of another.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_TUNNELS = tuple(
    ipaddress.IPv6Network(network) for network in ("2002::/16", "2001::/32", "fec0::/10", "::/96")
)
_RESOLVERS = 4


class OutboundRefusedError(IdentityError):
    """The address is not one that we fetch from."""

    code = "outbound_refused"
    status = 400
    description = "The address is not one that this service may fetch from."


class OutboundFailedError(IdentityError):
    """The other side could not be reached, was too slow, or said too much."""

    code = "outbound_failed"
    status = 502
    description = "A service that we depend on did not answer as it should."


class AddressRules:
    """The rule of one deployment; *allow* are networks that may be reached although private."""

    def __init__(self, allow: Iterable[str]) -> None:
        self._allow = [ipaddress.ip_network(network, strict=False) for network in allow]
        self._resolvers = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolver")

    def permits(self, address: Address) -> bool:
        """Say whether *address* may be reached: global unicast, or named."""
        address = _unwrap(address)
        if any(address in network for network in self._allow):
            return True
        if any(address in tunnel for tunnel in _TUNNELS):
            return False
        return address.is_global and not address.is_multicast and not address.is_reserved

    def resolve(self, host: str, port: int, *, timeout: float) -> list[str]:
        """Return the addresses of *host*, every one of them permitted.

        One bad address spoils the name: whoever mixes them is playing with our choice. The
        caller connects to what is returned here, so the name is not asked a second time.

        Raises:
            OutboundRefusedError: an address is not permitted.
            OutboundFailedError: the name has none, or nobody says in time.
        """
        found = self._look_up(host, port, timeout)
        for text in found:
            if not self.permits(ipaddress.ip_address(text.partition("%")[0])):
                raise OutboundRefusedError(detail=f"{host} is at {text}")
        return found

    def _look_up(self, host: str, port: int, timeout: float) -> list[str]:
        # The system's resolver knows no time limit, so it waits in a thread of its own.
        asked = self._resolvers.submit(socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM)
        try:
            answers = asked.result(timeout)
        except (OSError, UnicodeError) as error:
            raise OutboundFailedError(detail=f"{host}: {error}") from error
        except TooLate:
            asked.cancel()
            raise OutboundFailedError(detail=f"{host}: no answer from the resolver") from None
        return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _unwrap(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
