"""Upgrading dead letters: with rows that are there, after an attempt that was broken off, and beside the release before."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from postroad.messaging.inbox import dead_letters
from postroad.messaging.inbox import table as inbox
from postroad.messaging.models import DeadLetter
from tests.support.letters import command

pytestmark = pytest.mark.django_db(transaction=True)
LABEL, BEFORE = "postroad_messaging", "0002_relay_state"
OLD_ADMIT = {
    "postgresql": """
        INSERT INTO postroad_processed_message (subscriber, message_id) SELECT %s, unnest(%s::text[])
        ON CONFLICT DO NOTHING RETURNING message_id, (
            SELECT json_agg(DISTINCT partition_key)::text FROM postroad_dead_letter
            WHERE state = 'parked' AND subscriber = %s AND partition_key = ANY (%s::text[]))""",
    "sqlite": """
        INSERT INTO postroad_processed_message (subscriber, message_id) SELECT %s, value FROM json_each(%s) WHERE true
        ON CONFLICT DO NOTHING RETURNING message_id, (
            SELECT json_group_array(DISTINCT partition_key) FROM postroad_dead_letter
            WHERE state = 'parked' AND subscriber = %s AND partition_key IN (SELECT value FROM json_each(%s)))""",
}
"""The statement of the release before."""


def migrate(name: str) -> Any:
    executor = MigrationExecutor(connection)
    targets = [(LABEL, name)] if name else executor.loader.graph.leaf_nodes(LABEL)
    return executor.migrate(targets)


@pytest.fixture
def before() -> Iterator[Any]:
    """The models of the release before, on its tables."""
    state = migrate(BEFORE)
    yield state.apps
    migrate("")


def insert(model: Any, key: str, number: int) -> None:
    """Park a message as the release before does."""
    headers = {"partition-key": key}
    model.objects.create(
        subscriber="bakery", message_id=f"old-{number}", partition_key=key, headers=headers, body=b"{}", reason="x"
    )


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "postroad_dead_letter")
    return {name for name, about in found.items() if about["index"] and not about["unique"]}


def old_parked(*keys: str) -> list[str]:
    values: list[Any] = [["new"], list(keys)]
    values = values if connection.vendor == "postgresql" else [json.dumps(value) for value in values]
    with connection.cursor() as cursor:
        cursor.execute(OLD_ADMIT[connection.vendor], ["bakery", values[0], "bakery", values[1]])
        [row] = cursor.fetchall()
    found: list[str] = json.loads(row[1])
    return found


def test_what_was_parked_before_is_found_after(before: Any) -> None:
    insert(before.get_model(LABEL, "DeadLetter"), "1", 1)

    migrate("")

    assert inbox.admit("bakery", [command(1)]).parked_keys == {"1"}
    assert dead_letters.parked("bakery", "1").get().message_id == "old-1"
    assert indexes() >= {"postroad_dead_letter_waiting", "postroad_dead_letter_of_key", "postroad_dead_letter_of_type"}
    assert not indexes() & {"postroad_dead_letter_parked", "postroad_dead_letter_key", "postroad_dead_letter_type"}


def test_the_release_before_works_on_the_tables_of_this_one(before: Any) -> None:
    old = before.get_model(LABEL, "DeadLetter")
    migrate("")
    long = "k" * 100 + "".join(map(str, range(3_000)))

    insert(old, long, 1)
    insert(old, "2", 2)

    assert sorted(old_parked("2", long, "3")) == sorted([long, "2"])
    assert dead_letters.parked("bakery", long).count() == 1
    assert old.objects.filter(subscriber="bakery", partition_key=long, state="parked").order_by("id").count() == 1
    old.objects.filter(message_id="old-1").update(state="redriven")
    assert DeadLetter.objects.get(message_id="old-1").state == "redriven"


def test_a_migration_that_was_broken_off_is_run_again(before: Any) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # what CREATE INDEX CONCURRENTLY leaves when it is cancelled
            cursor.execute("CREATE INDEX postroad_dead_letter_of_key ON postroad_dead_letter (id)")
            cursor.execute("DROP INDEX postroad_dead_letter_key")
            cursor.execute(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'postroad_dead_letter_of_key'::regclass"
            )
            cursor.execute("CREATE INDEX postroad_dead_letter_key ON postroad_dead_letter (id)")

    migrate("")

    assert "postroad_dead_letter_of_key" in indexes()
    assert "postroad_dead_letter_key" not in indexes()
