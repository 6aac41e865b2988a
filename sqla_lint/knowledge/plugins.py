"""What loads the plugins that a project offers by entry points.

Source: documentation of stevedore (managers, patterns of loading).
"""

from __future__ import annotations

from .library import Klass

_ONE, _MANY = Klass(plugs="driver"), Klass(plugs="*")
_MANAGERS = (
    "enabled.EnabledExtensionManager",
    "extension.ExtensionManager",
    "hook.HookManager",
    "named.NamedExtensionManager",
)

CLASSES: dict[str, Klass] = {
    "stevedore.driver.DriverManager": _ONE,
    **{f"stevedore.{name}": _MANY for name in _MANAGERS},
}
ALIASES: dict[str, str] = {
    "stevedore.DriverManager": "stevedore.driver.DriverManager",
    **{f"stevedore.{name.rpartition('.')[2]}": f"stevedore.{name}" for name in _MANAGERS},
}
EXTENSION = ("obj", "plugin")
"""What an extension has: an instance of the plugin where managers make one, and the plugin itself."""
