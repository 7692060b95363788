"""Read a TOML file and the environment into Settings; refuse what the schema does not name."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from config.schema import SettingsError
from config.settings import Settings

PREFIX = "MANYOU_"
POINTER = "MANYOU_SETTINGS"
PROFILES = Path(__file__).parent


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that a profile's defaults, a file and the environment add up to.

    Later sources win: `config/<profile>.toml`, the file named by `MANYOU_SETTINGS`, then
    `MANYOU_<KEY>` and `MANYOU_<ROOM>__<KEY>`, each also as `…_FILE` naming a file that holds
    the value.

    Raises:
        SettingsError: a key is unknown, a value is wrong, or a file cannot be read.

    """
    environ = os.environ if environ is None else environ
    given = _merge(_from_file(environ.get(POINTER)), _from_environment(environ))
    profile = given.get("profile", "production")
    defaults = _from_file(str(PROFILES / f"{profile}.toml")) if _known(profile) else {}
    try:
        return Settings.model_validate(_merge(defaults, given))
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def _known(profile: object) -> bool:
    return isinstance(profile, str) and (PROFILES / f"{profile}.toml").is_file()


def _from_file(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}") from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or name == POINTER:
            continue
        path = name.removeprefix(PREFIX).lower().split("__")
        if path[-1].endswith("_file") and _field(path) is None:
            path[-1] = path[-1].removesuffix("_file")
            value = _read_secret(name, value)  # noqa: PLW2901 - the file's content is the value
        if _field(path) is None:
            raise SettingsError(f"{name}: no such setting; see docs/reference/settings.md")
        _put(found, path, value)
    return found


def _read_secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}: {error}") from None


def _field(path: list[str]) -> object | None:
    """Return the schema's entry at *path*, or None when it names nothing or a whole room."""
    model: type[BaseModel] = Settings
    for room in path[:-1]:
        entry = model.model_fields.get(room)
        if entry is None or not _is_room(entry.annotation):
            return None
        model = entry.annotation  # type: ignore[assignment]
    entry = model.model_fields.get(path[-1])
    return None if entry is None or _is_room(entry.annotation) else entry


def _is_room(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    for room in path[:-1]:
        tree = tree.setdefault(room, {})
    tree[path[-1]] = value


def _merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = _merge(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _explain(error: ValidationError) -> str:
    lines = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join(str(part) for part in fault["loc"]) or "settings"
        lines.append(f"{where}: {fault['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
