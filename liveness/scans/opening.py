"""Open a capture session for an order; whoever holds its ticket may be scanned for it, once."""

from idp.db import Transaction, new_id
from idp.proofing.verifications import identity_index
from liveness.desk import FaceDesk
from liveness.scans import records, tickets
from liveness.scans.errors import FaceNotOfferedError
from liveness.scans.orders import Order
from liveness.scans.tickets import Ticket

__all__ = ["Ticket", "open_scan"]


def open_scan(tx: Transaction, desk: FaceDesk, order: Order) -> Ticket:
    """Return the ticket to a new scan; nothing is counted until it is begun.

    Raises:
        FaceNotOfferedError: nobody looks at faces here.
    """
    if not desk.open:
        raise FaceNotOfferedError
    scan_id, limits = new_id(), desk.liveness
    subject = identity_index(desk.vault, order.claimed.id_number)
    records.insert(tx, desk.vault, scan_id, order, subject, limits.waiting)
    return tickets.issue(desk.vault, scan_id, limits.waiting + limits.lifetime)
