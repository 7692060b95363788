"""From bytes to text: UTF-8, and GB 18030 as its edition of 2022 has it."""

import re

UTF_8 = "utf-8"
GB_18030 = "gb18030"
ENCODINGS = (UTF_8, GB_18030)

_BOM = b"\xef\xbb\xbf"

# Python's codec follows the edition of 2000, which put these in private use; GB 18030-2022
# gives them the places that Unicode found for them since.
_SINCE_2022 = {
    "\ue81e": "\u9fb4", "\ue826": "\u9fb5", "\ue82b": "\u9fb6", "\ue82c": "\u9fb7",
    "\ue832": "\u9fb8", "\ue843": "\u9fb9", "\ue854": "\u9fba", "\ue864": "\u9fbb",
    "\ue78d": "\ufe10", "\ue78e": "\ufe12", "\ue78f": "\ufe11", "\ue790": "\ufe13",
    "\ue791": "\ufe14", "\ue792": "\ufe15", "\ue793": "\ufe16", "\ue794": "\ufe17",
    "\ue795": "\ufe18", "\ue796": "\ufe19", "\ue7c7": "\u1e3f",
}  # fmt: skip
_MOVED = re.compile(f"[{''.join(_SINCE_2022)}]")


def detect(sample: bytes) -> str:
    """Return the encoding of a file that begins with *sample*, whole lines of it.

    Text in GB 18030 is hardly ever well-formed UTF-8 by accident; plain ASCII is both.
    """
    try:
        sample.decode(UTF_8)
    except UnicodeDecodeError:
        return GB_18030
    return UTF_8


def decode(data: bytes, encoding: str) -> str:
    """Return the text in *data*.

    Raises:
        UnicodeDecodeError: it is not written in *encoding*.
    """
    if encoding == UTF_8:
        return data.removeprefix(_BOM).decode(UTF_8)
    return _MOVED.sub(lambda found: _SINCE_2022[found[0]], data.decode(encoding))
