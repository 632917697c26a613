"""Message bodies: typed values to bytes and back.

A codec knows no channel, no broker and no business type.
"""
