"""A received message that is kept: its columns hold any envelope, and give it back."""

from dataclasses import replace
from importlib import import_module

import pytest
from hypothesis import HealthCheck, given, settings

from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter, ReceivedMessage
from postroad.messaging.texts import storable
from postroad.sagas.models import StashedMessage
from tests.support.envelopes import envelopes

pytestmark = pytest.mark.django_db
OWN = {DeadLetter: {"subscriber": "bakery", "reason": "no flour"}, StashedMessage: {"target": "t", "saga_id": "s"}}


def stored(envelope: Envelope) -> Envelope:
    """Return an envelope with the text that the database can hold."""
    return Envelope(
        id=storable(envelope.id), type=storable(envelope.type), body=envelope.body,
        content_type=storable(envelope.content_type), correlation_id=storable(envelope.correlation_id),
        reply_to=storable(envelope.reply_to), app_id=storable(envelope.app_id), sent_at=envelope.sent_at,
        headers={storable(name): storable(value) for name, value in envelope.headers.items()},
    )  # fmt: skip


@pytest.mark.parametrize("table", [DeadLetter, StashedMessage])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(envelope=envelopes)
def test_every_envelope_is_stored_and_given_back(table: type[ReceivedMessage], envelope: Envelope) -> None:
    envelope = replace(envelope, id=envelope.id[:60])  # an index holds the ids of dead letters
    row = table.of(envelope, **OWN[table])
    row.save()

    found = table._default_manager.get(pk=row.pk)
    row.delete()

    assert found.envelope() == stored(envelope)
    assert found.envelope(body=b"another").body == b"another"


def test_a_header_without_value_of_an_old_row_is_left_out() -> None:
    row = StashedMessage.of(Envelope(id="1", type="t", body=b""), target="t", saga_id="s")
    row.headers = {"kind": "command", "note": None, "attempt": 3}

    assert row.envelope().headers == {"kind": "command", "attempt": "3"}


def test_the_migration_to_one_set_of_columns_changes_no_table() -> None:
    operations = import_module("postroad.sagas.migrations.0003_received_message").Migration.operations

    assert [operation.database_operations for operation in operations] == [[]]
