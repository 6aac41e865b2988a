"""`sqla-lint config`: every setting and rule, and where it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sqla_lint.commands.common import FILE, catalogue_for, config_option, show, tell_troubles, trust_option
from sqla_lint.config import Configuration, load
from sqla_lint.model import Confidence, Severity


@click.command("config")
@click.argument("path", type=FILE, default=Path())
@config_option
@trust_option
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--schema", is_flag=True, help="Show instead the JSON schema of settings files.")
def show_config(path: Path, options: tuple[str, ...], trust_project: bool, format_: str, schema: bool) -> None:
    """Show every setting and where it came from, and every rule with the reason it is on or off."""
    if schema:
        from sqla_lint.report.reference import schema_text

        show(schema_text())
        return
    configuration = load((path,), options)
    choices = catalogue_for(configuration, trusted=trust_project).choices(configuration.settings)
    rows = list(_settings(configuration))
    if format_ == "json":
        import json

        whole = {
            "root": str(configuration.root),
            "settings": {key: {"value": value, "from": origin} for key, value, origin in rows},
            "rules": [{"code": c.rule.code, "name": c.rule.name, "on": c.on, "because": c.because} for c in choices],
        }
        show(json.dumps(whole, indent=2) + "\n")
        tell_troubles()
        return
    lines = [f"project root: {configuration.root}", ""]
    lines += [f"{key} = {_toml(value)}  ({origin})" for key, value, origin in rows]
    width = max(len(choice.rule.name) for choice in choices)
    longest = max(len(choice.rule.code) for choice in choices)
    lines += [""]
    lines += [
        f"{c.rule.code:<{longest}}  {c.rule.name:<{width}}  {'on' if c.on else 'off':<3}  {c.because}" for c in choices
    ]
    show("\n".join(lines) + "\n")
    tell_troubles()


def _settings(configuration: Configuration) -> list[tuple[str, Any, str]]:
    from dataclasses import asdict

    rows = []
    for attribute, value in asdict(configuration.settings).items():
        key = attribute.replace("_", "-")
        rows.append((key, _plain(key, value), configuration.origin(key)))
    return rows


def _plain(key: str, value: Any) -> Any:
    match value:
        case Severity():
            return value.value
        case Confidence():
            return value.word
        case dict():
            return {name.replace("_", "-"): _plain("", inner) for name, inner in value.items()}
        case tuple() if key == "deployment":
            return {name: {inner: said for inner, said in _plain("", one).items() if said} for name, one in value}
        case tuple() if key in ("per-file-ignores", "severity", "layers"):
            return {name: _plain("", inner) for name, inner in value}
        case tuple():
            return list(value)
    return value


def _toml(value: Any) -> str:
    import json

    if isinstance(value, dict):
        inner = ", ".join(
            f"{name if name.isidentifier() else json.dumps(name)} = {_toml(v)}" for name, v in value.items()
        )
        return f"{{ {inner} }}" if inner else "{}"
    return json.dumps(value, ensure_ascii=False)
