"""Where what a client sent comes from, unchecked: the bodies, forms and queries of requests.

Sources: documentation of Flask and Werkzeug (request data), Starlette (requests), Litestar, aiohttp, Pyramid.
"""

from __future__ import annotations

from .library import Method

PAYLOAD = "payload"
"""The shape of what a client sent, and the kind of its type."""

_SENT = Method(None, PAYLOAD)
_SENT_LATER = Method(None, PAYLOAD, awaits=True)
FLASK = dict.fromkeys(("json", "form", "values", "args"), PAYLOAD)
FLASK_METHODS = {"get_json": _SENT}
PYRAMID = dict.fromkeys(("json", "json_body", "params", "POST", "GET"), PAYLOAD)
STARLETTE = {"query_params": PAYLOAD}
STARLETTE_METHODS = dict.fromkeys(("json", "form", "receive_json"), _SENT_LATER)
LITESTAR = {"query_params": PAYLOAD}
LITESTAR_METHODS = dict.fromkeys(("json", "form"), _SENT_LATER)
AIOHTTP = {"query": PAYLOAD}
AIOHTTP_METHODS = dict.fromkeys(("json", "post"), _SENT_LATER)
PARTS = frozenset({"get", "getlist", "getall", "getone", "pop", "popitem", "setdefault"})
"""Methods of a mapping that give a part of it."""
WHOLES = frozenset({"copy", "to_dict", "mixed", "dict_of_lists"})
"""Methods of a mapping that give all of it once more."""
PAIRS = frozenset({"items", "keys", "multi_items"})
"""Methods of a mapping that give its keys."""
CHECKING = ("valid", "schema")
"""What the name of a function has in it that checks what it is given."""
