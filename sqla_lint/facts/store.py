"""Facts as bytes and back."""

from __future__ import annotations

import msgspec

from sqla_lint.facts.schema import FileFacts

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(FileFacts)


def encode(facts: FileFacts) -> bytes:
    return _encoder.encode(facts)


def decode(data: bytes) -> FileFacts:
    """Raises msgspec.DecodeError for bytes that are not facts of this schema."""
    return _decoder.decode(data)
