"""The forms of text that databases hold today: a release that changed one would not find what is stored."""

from hashlib import sha256

import pytest

from postroad.messaging.texts import indexed, short, storable


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("x" * 255, "x" * 255),
        ("x" * 256, "x" * 255 + sha256(b"x" * 256).hexdigest()),
        ("é" * 255, "é" * 255),
        ("\ud800" * 256, "\ud800" * 255 + sha256(b"\xed\xa0\x80" * 256).hexdigest()),
    ],
)
def test_the_short_form_counts_characters(text: str, stored: str) -> None:
    assert short(text) == stored


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("x" * 2000, "x" * 2000),
        ("x" * 2001, "x" * 1933 + "…" + sha256(b"x" * 2001).hexdigest()),
        ("é" * 1000, "é" * 1000),
        ("é" * 1001, "é" * 966 + "…" + sha256("é".encode() * 1001).hexdigest()),
    ],
)
def test_the_indexed_form_counts_bytes(text: str, stored: str) -> None:
    assert indexed(text) == stored


@pytest.mark.parametrize(
    ("text", "stored"), [("a\x00b", "a\\x00b"), ("\ud800", "\\ud800"), ("é😀", "é😀"), ("a\\x00b", "a\\x00b")]
)
def test_what_postgresql_refuses_is_escaped(text: str, stored: str) -> None:
    assert storable(text) == stored
