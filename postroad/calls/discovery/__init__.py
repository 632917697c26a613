"""Service discovery: a service's name → the addresses of its instances.

It does not depend on messages, commands, events and sagas, nor on what is sent to an address.
"""
