"""A liveness file, updated while the process makes progress; a probe reads its age.

A probe that only reads a file costs nothing, and asks neither broker nor database: their outages must end no process.
"""

import time
from pathlib import Path

from postroad.errors import InvalidSetting
from postroad.logs import logger
from postroad.processes.conf import ProcessSettings

log = logger(__name__)

BEAT_SECONDS = 1.0
"""How often a file is touched at most; probes allow a minute, since a broker that is silent takes its time-outs."""


class Heartbeat:
    """The file that HEARTBEAT_FILE names; nothing happens if it names none.

    Raises:
        InvalidSetting: The file cannot be written.
    """

    def __init__(self) -> None:
        given = ProcessSettings.current().heartbeat_file
        self._path = Path(given) if given else None
        self._next = 0.0
        try:
            self._touch()
        except OSError as error:
            raise InvalidSetting(
                f"HEARTBEAT_FILE {given!r} cannot be written ({error.strerror}); name a file in a folder that exists"
                " and that this user may write to, or none."
            ) from error

    def beat(self) -> None:
        """Record that the process makes progress; updates the file at most once a second.

        Never raises: a file that cannot be written any more grows old, which is what the probe looks for.
        """
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + BEAT_SECONDS
        try:
            self._touch()
        except OSError as error:
            log.warning("heartbeat file cannot be written", extra={"path": str(self._path), "error": str(error)})

    def _touch(self) -> None:
        if self._path is not None:
            self._path.touch()
