"""What Qt runs by turns in the thread that runs its loop: the functions that signals are connected to, as in
`button.clicked.connect(self.save)`.

Sources: documentation of PyQt6 (support for signals and slots) and Qt for Python (signals and slots).
"""

from __future__ import annotations

PACKAGES = frozenset({"PyQt4", "PyQt5", "PyQt6", "PySide", "PySide2", "PySide6", "qtpy"})
CONNECT = "connect"
"""The method of a signal that gives it a function to run."""
