"""Table connector."""

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class ConnectorRow(Base):
    """One upstream, as an operator set it up; its options hold secrets, and are sealed whole."""

    __tablename__ = "connector"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    options_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    name_zh: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(40))
    icon: Mapped[str] = mapped_column(String(32))
    enabled: Mapped[bool]
    position: Mapped[int]  # on the pages, from the front
    trust_json: Mapped[str] = mapped_column(Text)  # federation.catalogue.trust.Trust
    health: Mapped[str] = mapped_column(String(40), default="")  # empty, well, or an error's code
    health_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
