"""Rows that all tests of a module find, stored once.  Not: for tests that look from another connection."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker


@contextmanager
def stored_once(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Roll back in the end what is stored meanwhile; before that, each test's own changes are.

    A call in process ends as a request does, with a look at the connections: it leaves the one of the transaction alone.
    """
    with blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
        yield
        transaction.set_rollback(True)
