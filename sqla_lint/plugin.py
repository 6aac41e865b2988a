"""All that a rule of your own needs. Only these names are promised to stay; docs/writing-a-rule.md shows how.

A rule is a function with the decorator `rule`. It is called with a `Unit`, which is a function, class or module of the
analysed project, with an answer about it, of a type that the decorator names, and with the `Project`. It yields a
`Claim` for everything that is wrong.
"""

from __future__ import annotations

from .facts.schema import OWN_NAME
from .knowledge import Verb
from .model import Claim, Confidence, Extent, Hop, Severity, Spot
from .project import Project, Unit
from .project.layers import (
    COMMAND,
    DOMAIN,
    HANDLER,
    MIDDLEWARE,
    MIGRATION,
    MODEL,
    OUTSIDE,
    PLAIN,
    PROVIDER,
    REPOSITORY,
    SCRIPT,
    STARTUP,
    TASK,
    TEST,
    UNIT_OF_WORK,
    USE_CASE,
    Role,
)
from .project.summary import Commit, Event, Key, Opened, Stored
from .project.traces import short
from .rules.registry import Defined, Handler, Provider, option, rule

__all__ = [
    "COMMAND",
    "DOMAIN",
    "HANDLER",
    "MIDDLEWARE",
    "MIGRATION",
    "MODEL",
    "OUTSIDE",
    "OWN_NAME",
    "PLAIN",
    "PROVIDER",
    "REPOSITORY",
    "SCRIPT",
    "STARTUP",
    "TASK",
    "TEST",
    "UNIT_OF_WORK",
    "USE_CASE",
    "Claim",
    "Commit",
    "Confidence",
    "Defined",
    "Event",
    "Extent",
    "Handler",
    "Hop",
    "Key",
    "Opened",
    "Project",
    "Provider",
    "Role",
    "Severity",
    "Spot",
    "Stored",
    "Unit",
    "Verb",
    "option",
    "rule",
    "short",
]
