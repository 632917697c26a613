"""Notices that a worker has messages but runs nothing, because its pool is jammed.  See also: `step`, which then ends the worker.

A pool can lose a slot for good when a process of it and the connection die in the same moment.  Nothing is lost if the
worker then ends, because nothing of what it holds is acknowledged; its supervisor starts it again.
"""


class JamWatch:
    """Is asked at every turn of the worker; one instance per worker.

    Attributes:
        patience_seconds: How long messages may wait while nothing runs.
    """

    def __init__(self, *, patience_seconds: float) -> None:
        self.patience_seconds = patience_seconds
        self._since: float | None = None

    def is_jammed(self, now: float, *, is_waiting: bool, is_running: bool) -> bool:
        """Return whether messages have waited for too long while nothing ran.

        Args:
            now: Monotonic seconds.
            is_waiting: Messages wait that could be handled now.
            is_running: A process or thread runs something, ordinary tasks included.
        """
        if is_running or not is_waiting:
            self._since = None
            return False
        if self._since is None:
            self._since = now
        return now - self._since >= self.patience_seconds
