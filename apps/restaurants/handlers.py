"""What restaurants handles: nothing yet; it only publishes."""

COMMANDS = None
EVENTS = ()
SAGAS = ()
