"""What the settings are: a JSON schema for editors, and tables for the documentation, from the settings themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

from sqla_lint.config import EXTEND, EXTEND_MEANS, LAYERS, Deployed, Library, Settings, Transactions
from sqla_lint.model import Confidence, Severity

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def settings_schema() -> dict[str, Any]:
    """What may stand in `sqla-lint.toml`, and in `pyproject.toml` below `[tool.sqla-lint]`."""
    names = {"type": "array", "items": {"type": "string"}}
    extend = {"description": EXTEND_MEANS, "anyOf": [{"type": "string"}, names]}
    whole = _object(Settings)
    return {
        "$schema": DIALECT,
        "title": "Settings of sqla-lint",
        **whole,
        "properties": {EXTEND: extend, **whole["properties"]},
    }


def schema_text() -> str:
    """The schema as it is printed and stored."""
    return json.dumps(settings_schema(), indent=2) + "\n"


def tables() -> dict[str, str]:
    """The tables of the documentation, by the name of the place where they stand there."""
    rows = [(EXTEND, "none", EXTEND_MEANS)]
    for one in fields(Settings):
        if isinstance(one.default, Transactions):
            inside = fields(Transactions)
            rows += [(f"{key_of(one)}.{key_of(inner)}", *_described(inner, Transactions)) for inner in inside]
        else:
            rows.append((key_of(one), *_described(one, Settings)))
    keys = ["| key | default | means |", "| --- | --- | --- |"]
    keys += [f"| `{key}` | {default} | {means} |" for key, default, means in rows]
    library = ["| key | means |", "| --- | --- |"]
    library += [f"| `library.{key_of(one)}` | {one.metadata['means']} |" for one in fields(Library)]
    deployment = ["| key | default | means |", "| --- | --- | --- |"]
    for one in fields(Deployed):
        default, means = _described(one, Deployed)
        deployment.append(f"| `deployment.NAME.{key_of(one)}` | {default} | {means} |")
    return {
        "keys": "\n".join(keys),
        "deployment": "\n".join(deployment),
        "library": "\n".join(library),
        "layers": ", ".join(f"`{layer}`" for layer in LAYERS) + ".",
    }


def key_of(one: Field[Any]) -> str:
    """What a setting is called in files."""
    return one.name.replace("_", "-")


def _described(one: Field[Any], owner: type) -> tuple[str, str]:
    """The default and the meaning of a key, for a table."""
    schema = _of(get_type_hints(owner)[one.name], one.metadata["schema"])
    words = schema.get("enum") or (schema.get("additionalProperties") or {}).get("enum")
    one_of = f": {', '.join(f'`{word}`' for word in words)}" if words else ""
    head, semicolon, rest = one.metadata["means"].partition(";")
    return _default(one, schema["type"]), f"{head}{one_of}{semicolon}{rest}"


def _default(one: Field[Any], kind: str) -> str:
    if kind == "object":
        return "`{}`"
    return f"`{json.dumps(_plain(one.default))}`" if _is_said(one.default) else "none"


def _is_said(default: Any) -> bool:
    """Whether a default is a value, rather than that nobody has said one."""
    return isinstance(default, bool) or default not in ("", 0)


def _object(of: type) -> dict[str, Any]:
    hints = get_type_hints(of)
    properties = {}
    for one in fields(of):
        schema = _of(hints[one.name], one.metadata["schema"])
        described = {"description": one.metadata["means"], **schema}
        if schema["type"] != "object" and _is_said(one.default):
            described["default"] = _plain(one.default)
        properties[key_of(one)] = described
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _of(hint: Any, extra: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a type, with what a setting says of itself beside."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(extra)))
    return {**_of_type(hint), **plain}


def _of_type(hint: Any) -> dict[str, Any]:
    if hint is bool:
        return {"type": "boolean"}
    if hint is str:
        return {"type": "string"}
    if hint is int:
        return {"type": "integer"}
    if hint is Severity:
        return {"type": "string", "enum": [one.value for one in Severity]}
    if hint is Confidence:
        return {"type": "string", "enum": [one.word for one in Confidence]}
    if isinstance(hint, type) and is_dataclass(hint):
        return _object(hint)
    inner = get_args(hint)[0]
    if get_origin(inner) is tuple:
        return {"type": "object", "additionalProperties": _of_type(get_args(inner)[1])}
    return {"type": "array", "items": _of_type(inner)}


def _plain(value: Any) -> Any:
    match value:
        case Confidence():
            return value.word
        case Enum():
            return value.value
        case tuple():
            return list(value)
    return value
