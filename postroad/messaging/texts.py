"""Text as the database stores it: without characters that PostgreSQL refuses, and short enough for an index.

`short` and `indexed` both replace a text that is too long for an index by its beginning and its digest.  Both must stay as
they are, because what they return is stored.  Ids and subscribers of processed messages and dead letters, and the sagas of
locks, are in the form of `short`; keys of sagas, and targets of locks and stashed commands, in that of `indexed`.  With another
form, running sagas with long keys would not be found, and their locks would not be released.
"""

import hashlib

SHORT = 255
"""Maximum characters of a text in an index, whose entries may have 2.7 kB (PostgreSQL, B-tree)."""

_INDEXED_BYTES = 2000
"""A row of PostgreSQL's b-tree has at most 2 704 bytes, all columns of the index together."""


def storable(text: str) -> str:
    """Return text that every database can store: NUL and halves of surrogate pairs are escaped.

    PostgreSQL refuses them, and a foreign sender may put them anywhere.
    """
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode(errors="backslashreplace").decode().replace("\x00", "\\x00")


def short(text: str) -> str:
    """Return text that an index can hold: unchanged up to `SHORT` characters, otherwise its beginning and its digest.

    Two texts have the same short form only if they are equal: a shortened one is longer than `SHORT`.
    """
    if len(text) <= SHORT:
        return text
    return text[:SHORT] + hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def indexed(text: str) -> str:
    """Return text that an index can hold: unchanged up to 2 000 bytes, otherwise its beginning, "…" and its digest."""
    encoded = text.encode()
    if len(encoded) <= _INDEXED_BYTES:
        return text
    digest = hashlib.sha256(encoded).hexdigest()
    return f"{encoded[: _INDEXED_BYTES - len(digest) - 3].decode(errors='ignore')}…{digest}"
