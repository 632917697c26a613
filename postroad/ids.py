"""Identifiers of messages and sagas (UUID version 7), and digests of names."""

import hashlib
import os
import threading
import time
from collections.abc import Iterable
from uuid import UUID

_lock = threading.Lock()
_last = 0


_MAX_AHEAD_MS = 60_000  # a clock that is more than a minute ahead is wrong: following it would spread the error


def follow(message_id: str) -> None:
    """Make every later id of this process sort after `message_id`, so that an effect sorts after its cause.

    Clocks of two machines differ by milliseconds; the ids of a chain of messages must still grow.  Ids that are not
    UUIDv7, or are too far in the future, are ignored.
    Source: "Logical Physical Clocks" (hybrid logical clocks), Kulkarni et al., 2014.
    """
    global _last  # noqa: PLW0603 - as in `new_id`
    try:
        value = UUID(message_id)
    except ValueError:
        return
    milliseconds = value.int >> 80
    if value.version != 7 or milliseconds > time.time_ns() // 1_000_000 + _MAX_AHEAD_MS:
        return
    ticks = (milliseconds << 12) | (value.int >> 64) & 0xFFF
    with _lock:
        _last = max(_last, ticks)


def new_id() -> str:
    """Return a new UUIDv7 as text.

    Shape: 36 characters; ids made by one process sort in the order they were made, even within a millisecond.
    Concurrency: safe in threads and after a fork (the random bits come from the operating system).
    Source: RFC 9562 §5.7, with the sub-millisecond counter of §6.2 method 3 in `rand_a`.
    """
    global _last  # noqa: PLW0603 - the last tick is what makes the ids of one process monotonic
    with _lock:
        ticks = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
        _last = ticks
    milliseconds, fraction = divmod(ticks, 4096)
    random_bits = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    value = (milliseconds << 80) | (0x7 << 76) | (fraction << 64) | (0b10 << 62) | random_bits
    return str(UUID(int=value))


def digest(names: Iterable[str]) -> str:
    """Return the same short text for the same names, in any order."""
    return hashlib.blake2b("\0".join(sorted(names)).encode(), digest_size=8).hexdigest()
