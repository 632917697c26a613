"""Who runs where: a service's name → the addresses of its instances.

The law: knows no message, no command, no event and no saga, and nothing of what is sent to an address.
"""
