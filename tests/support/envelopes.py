"""Envelopes as AMQP 0-9-1 can carry them, for property tests: any text, any bytes, keys up to the frame limit."""

import random

from hypothesis import strategies as st

from postroad.messaging.message import Envelope

FRAME_BYTES = 131_072
"""A header frame's default limit; keys and values of headers may come near it."""

ODD = ("\x00", "\ud800", "\udfff", "\ufffd", "\U0010ffff", "\n", "\x1b[2J", "'", '"', "\\", "%s", "é", "<b>")

texts = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.lists(st.sampled_from(ODD), max_size=12).map("".join),
)
shorts = texts.map(lambda text: text[:60]) | st.sampled_from(["x" * 255, "\ufffd" * 255, "é" * 127, ""])


def _long(seed: int, size: int) -> str:
    """Return text that no database compresses away."""
    return random.Random(seed).randbytes(size // 2).hex()


longs = st.builds(_long, st.integers(0, 5), st.integers(1_000, FRAME_BYTES // 2))
huge = st.builds(_long, st.integers(0, 5), st.integers(2_000, 9_000))
names = st.one_of(texts.filter(bool), st.sampled_from(["a", "trace", "saga-id"]))

envelopes = st.builds(
    lambda key, headers, **parts: Envelope(headers={**headers, "partition-key": key}, **parts),
    key=texts | longs,
    headers=st.dictionaries(names, texts | longs, max_size=4),
    id=shorts | huge,
    type=shorts | huge | st.just("bakery.Bake"),
    body=st.binary(max_size=200) | st.just(b'{"orderId":1,"x":"\\ud800\\u0000"}'),
    content_type=shorts | st.just("application/json"),
    correlation_id=shorts,
    reply_to=st.just(""),
    app_id=shorts,
    sent_at=st.integers(0, 253_402_300_799),
)
