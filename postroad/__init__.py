"""Postroad: transactional messaging, commands with replies, events and sagas for Django services.

The law of this package: seven floors, imports run down only.

    7  testing
    6  runtime    console
    5  sagas
    4  commands   events   brokers   rpi      (envelopes, handling: what they share)
    3  messaging  codecs   discovery
    2  conf       retry
    1  errors     clock  ids  context  secrecy  threads

A package's `__init__` holds its law and nothing else; nothing registers itself at import.
"""
