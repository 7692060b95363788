"""The invented people as an app on a phone knows them, and which of them used this browser."""

import hashlib
from dataclasses import dataclass, field

from sandbox.people import everyone
from sandbox.register import Register

NICKNAMES = {
    "chenyutong": "雨打梧桐",
    "zhoumingyuan": "远山如黛",
    "ouyangjingyi": "静水流深",
    "ayigul": "月亮花开",
    "wangyi": "𬱖然之风",
    "sunguiying": "平安是福",
    "linxiaoman": "小满未满",
    "zhaotiezhu": "铁柱不弯",
    "huangjiaxin": "Kaye",
    "hejunwei": "濠江渔火",
    "linzhihao": "阿豪",
    "lindqvist": "Anna L.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody whose phone this could be."""

    key: str
    name: str
    nickname: str
    id_number: str = field(repr=False)
    phone: str = field(repr=False)

    def stable(self, *scope: str) -> str:
        """Return 64 hexadecimal digits that are theirs within *scope*, and tell nothing else."""
        told = "\n".join((*scope, self.id_number))
        return hashlib.sha256(told.encode()).hexdigest()


def holders(register: Register) -> list[Holder]:
    """Return the residents, and after them whoever came to the registry counter, newest first."""
    known = [
        Holder(
            key=person.username,
            name=person.name,
            nickname=NICKNAMES[person.username],
            id_number=person.id_number,
            phone=person.phone,
        )
        for person in everyone()
    ]
    return known + [
        Holder(
            key=f"newcomer-{register.place(one)}",
            name=one.name,
            nickname=f"阿{one.name[-1]}",
            id_number=one.id_number,
            phone=one.phone or "",
        )
        for one in register.newcomers()
    ]


def find(register: Register, key: str) -> Holder | None:
    """Return whose wallet *key* is."""
    return next((holder for holder in holders(register) if holder.key == key), None)
