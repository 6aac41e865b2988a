"""A static analyzer for SQLAlchemy code that reads the whole project: who owns a session, and who may commit it."""

from __future__ import annotations

__version__ = "0.1.0"
DISTRIBUTION = "sqlalchemy-lint"
"""The name to install: another project owns the name of our command on the package index."""
