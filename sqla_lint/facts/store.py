"""Facts as bytes and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from sqla_lint.facts.schema import Body, Comment, FileFacts, Header, Places

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(FileFacts)
_body_decoder: msgspec.msgpack.Decoder[Body] = msgspec.msgpack.Decoder(Body)
_places_decoder = msgspec.msgpack.Decoder(tuple[Places, ...])


def pack(
    package: bool, header: Header, comments: Iterable[Comment], bodies: Iterable[Body], places: Sequence[Places]
) -> FileFacts:
    """The facts of one file; `bodies[i]` and `places[i]` belong to `header.definitions[i]`."""
    encoded = tuple([msgspec.Raw(_encoder.encode(body)) for body in bodies])
    return FileFacts(package, header, tuple(comments), encoded, msgspec.Raw(_encoder.encode(places)))


def body(facts: FileFacts, index: int) -> Body:
    """The statements of a definition."""
    return _body_decoder.decode(facts.bodies[index])


def places(facts: FileFacts) -> tuple[Places, ...]:
    """The places of all definitions."""
    return _places_decoder.decode(facts.places)


def encode(facts: FileFacts) -> bytes:
    return _encoder.encode(facts)


def decode(data: bytes) -> FileFacts:
    """Raises msgspec.DecodeError for bytes that are not facts of this schema."""
    return _decoder.decode(data)
