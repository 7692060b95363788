"""The parcel: what was learned so far, sealed, carried by the browser from one step to the next.

Only this provider can open it, and only as what it was made: the findings of one scan at one
version. The database keeps no measurement of a face, and nothing is left behind when a browser
goes away.
"""

from idp.crypto import Vault
from idp.crypto.vault import SealError
from liveness.scans.errors import TamperedError
from liveness.scans.findings import Findings

_FIELD = "face_scan.parcel"
_SHORTEST = 32


def seal(vault: Vault, scan_id: str, version: int, findings: Findings) -> bytes:
    return vault.seal(findings.write(), field=_FIELD, owner=_owner(scan_id, version))


def unseal(vault: Vault, scan_id: str, version: int, parcel: bytes) -> Findings:
    """Return the findings.

    Raises:
        TamperedError: it was altered, or is of another scan or another version.
    """
    if len(parcel) < _SHORTEST:
        raise TamperedError("parcel: too short")
    try:
        text = vault.open(parcel, field=_FIELD, owner=_owner(scan_id, version))
    except (SealError, ValueError):  # what is cut short has no nonce of any length
        raise TamperedError("parcel: does not open") from None
    return Findings.read(text)


def _owner(scan_id: str, version: int) -> str:
    return f"{scan_id}/{version}"
