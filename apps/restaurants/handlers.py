"""What restaurants handles: no commands and no events, only requests for snapshots."""

from apps.restaurants import usecases
from apps.restaurants.messages import RESTAURANTS
from postroad import Snapshots

COMMANDS = None
EVENTS = ()
SAGAS = ()
SNAPSHOTS = (Snapshots(RESTAURANTS, usecases.snapshots),)
