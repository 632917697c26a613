import os
import signal
from pathlib import Path

from django.db import connection

from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import Done
from tests.worker.bakery.messages import BAKERY, Bake


def bake(command: Bake) -> Done:
    """Write one row, unless the mood is bad."""
    if command.mood == "deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    if command.mood == "bad" and not Path(os.environ["REPAIRED"]).exists():
        raise ValueError("the oven is cold")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO baked (order_id, loaf) VALUES (%s, %s)", [command.order_id, command.loaf])
    return Done()


COMMANDS = CommandHandlers(BAKERY, {Bake: bake})
