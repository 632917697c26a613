"""Bytes to values and back.  The law: a codec knows no channel, no broker and no business type."""
