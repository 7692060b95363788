"""Table throttle."""

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class Throttle(Base):
    """How often something was tried in the window that is open now."""

    __tablename__ = "throttle"

    bucket: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    tries: Mapped[int]
    resets_at: Mapped[Moment] = mapped_column(index=True)
