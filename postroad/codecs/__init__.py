"""Codecs of message bodies: typed values to bytes and back.

A codec does not depend on channels, brokers or business types.
"""
