"""The end of the database connections that a thread of ours has opened."""

from django.db import connections


def close_own_connections() -> None:
    """Close this thread's connections for good; to be called last in a thread that nobody uses again.

    Django keeps a connection to an SQLite in memory open when it is told to close it, since the data would go with the
    last one; a thread's own would stay behind.
    """
    for one in connections.all(initialized_only=True):
        one.close()
        if one.connection is not None:
            one.connection.close()
