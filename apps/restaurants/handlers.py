"""What restaurants handles: no command and no event; it publishes, and tells replicas its present state."""

from apps.restaurants import usecases
from apps.restaurants.messages import RESTAURANTS
from postroad import Snapshots

COMMANDS = None
EVENTS = ()
SAGAS = ()
SNAPSHOTS = (Snapshots(RESTAURANTS, usecases.snapshots),)
