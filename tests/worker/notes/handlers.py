"""`notes.Write` writes one row, and one line for every attempt, which no rollback takes back."""

import asyncio
import os
import signal
import time
from pathlib import Path

from django.db import connection

from postroad.codecs.types import Message
from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import command
from postroad.events.handlers import EventHandlers
from postroad.events.messages import event
from postroad.messaging.channels import CommandChannel, EventChannel

CHANNEL = CommandChannel(os.environ["NOTES_CHANNEL"], shards=int(os.environ["NOTES_SHARDS"]))
ATTEMPTS = os.open(os.environ["NOTES_ATTEMPTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
PAUSE_SECONDS = float(os.environ["NOTES_PAUSE_SECONDS"])


@command("notes.Write", on=CHANNEL, key="key")
class Write(Message):
    key: str
    number: int
    trouble: str = ""


def write(note: Write) -> None:
    os.write(ATTEMPTS, f"{os.getppid()} {os.getpid()} {note.key} {note.number}\n".encode())
    time.sleep(PAUSE_SECONDS)
    match note.trouble.partition(" "):
        case "raise", _, _:
            raise ValueError(f"note {note.number} is never written")
        case "exit", _, _:
            raise SystemExit(0)
        case "cancel", _, _:
            raise asyncio.CancelledError
        case "kill", _, _:
            os.kill(os.getpid(), signal.SIGKILL)
        case "kill-once", _, path if not Path(path).exists():
            Path(path).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        case "slow", _, seconds:
            time.sleep(float(seconds))
        case "hang", _, _:
            time.sleep(600)
        case _:
            pass
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO notes (key, number) VALUES (%s, %s)", [note.key, note.number])


THINGS = EventChannel(f"{CHANNEL.name}.Thing", shards=1)


@event("notes.Happened", of=THINGS, key="key")
class Happened(Message):
    key: str


@event("notes.Other", of=THINGS, key="key")
class Other(Message):
    key: str


def forget(_event) -> None:  # type: ignore[no-untyped-def]  # of either type
    """Do nothing."""


COMMANDS = CommandHandlers(CHANNEL, {Write: write})
HANDLED = os.environ.get("NOTES_EVENTS", "").split()
EVENTS = tuple(
    EventHandlers(f"{CHANNEL.name}.things", of=THINGS, handlers=dict.fromkeys(events, forget))
    for events in [[event for event in (Happened, Other) if event.__name__ in HANDLED]]
    if events
)
