"""Write docs/reference/settings.md from the schema: `python -m config.reference`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from config.settings import Settings

_HEAD = """# Settings

Every setting can come from a TOML file (named by `MANYOU_SETTINGS`), the environment, or from
a file it names (`…_FILE`: for secrets). Later sources win: the profile's defaults
(`config/<profile>.toml`), the file, the environment. An unknown key is refused at start; so is a
production deployment with the sandbox, without master keys, with an http issuer or on SQLite.

This page is written from the schema (`python -m config.reference`); a test keeps it true.
"""


def markdown() -> str:
    """Return the whole page."""
    lines = [_HEAD, *_section("The deployment", "", Settings)]
    for name, field in Settings.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            title = (model.__doc__ or name).strip().partition("\n")[0].rstrip(".")
            lines += _section(f"`[{name}]` {title}", f"{name.upper()}__", model)
    return "\n".join(lines) + "\n"


def _section(title: str, prefix: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield "| environment | default | meaning |"
    yield "|---|---|---|"
    for name, field in model.model_fields.items():
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            meaning = field.description or ""
            yield f"| `MANYOU_{prefix}{name.upper()}` | {_default(field)} | {meaning} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*required*"
    value = field.default
    if isinstance(value, SecretStr):
        return ""
    if isinstance(value, tuple):
        value = " ".join(value)
    return f"`{value}`" if value not in ("", None) else ""


if __name__ == "__main__":
    Path("docs/reference/settings.md").write_text(markdown(), "utf-8")
    sys.stdout.write("docs/reference/settings.md\n")
