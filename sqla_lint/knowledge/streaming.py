"""Responses that read a generator while they are sent, when the handler has long returned.

Sources: documentation of Starlette (StreamingResponse), sse-starlette, Flask (streaming contents), Litestar (streaming
responses, server-sent events), aiohttp-sse.
"""

from __future__ import annotations

from .library import Klass
from .starlette import RESPONSE

_STARLETTE = ("fastapi.responses.StreamingResponse", "starlette.responses.StreamingResponse")
_EVENTS = ("sse_starlette.EventSourceResponse", "sse_starlette.sse.EventSourceResponse")
_LITESTAR = tuple(
    f"{module}.{name}"
    for module in ("litestar.response", "litestar.response.streaming", "litestar.response.sse")
    for name in ("Stream", "ServerSentEvent")
)

CLASSES: dict[str, Klass] = {name: Klass(bases=(RESPONSE,)) for name in _EVENTS} | {name: Klass() for name in _LITESTAR}
STREAMS = frozenset({*_STARLETTE, *_EVENTS, *_LITESTAR, "flask.Response"})
"""Classes whose constructor is given the generator, or the content, first."""
CONTENT = ("content", "response")
"""What that argument is called."""
