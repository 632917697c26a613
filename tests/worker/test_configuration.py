"""What joining sets in a Celery application, and what it leaves to the application."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from celery.signals import celeryd_init
from pytest_django import Settings

from postroad.brokers.rabbitmq.connection import celery_broker
from postroad.errors import MisconfiguredError
from postroad.worker import install
from postroad.worker.choice import ensure_possible, runs_handlers
from postroad.worker.install import install_consumers, install_task_queue

OWN: dict[str, Any] = {
    "broker_url": "redis://own:6379/3",
    "broker_use_ssl": {"own": True},
    "broker_channel_error_retry": False,
    "broker_connection_retry_on_startup": False,
    "broker_connection_max_retries": 7,
    "broker_transport_options": {"visibility_timeout": 3600},
    "task_default_queue": "own",
    "task_default_queue_type": "classic",
    "task_default_exchange_type": "direct",
    "worker_consumer": "celery.worker.consumer:Consumer",
    "worker_detect_quorum_queues": False,
    "worker_enable_remote_control": True,
}
"""For every key that joining may set, something else."""


@pytest.fixture(autouse=True)
def broker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    settings.POSTROAD = {**settings.POSTROAD, "SERVICE": "bakery", "BROKER_URL": "amqp://a:b@broker/v"}


def app_with(*, tasks: bool = False, **own: Any) -> Celery:
    app = Celery("x", set_as_current=False)
    app.config_from_object(SimpleNamespace(**own), namespace="CELERY")
    install_consumers(app)
    if tasks:
        install_task_queue(app)
    return app


def test_the_table_names_every_key_that_joining_sets() -> None:
    conf = Celery("x", set_as_current=False).conf
    conf.get("broker_url")  # which reads the configuration

    assert {*install._of_handlers(conf), *install._of_tasks(conf)} == OWN.keys()


@pytest.mark.parametrize("key", OWN)
def test_a_setting_of_the_application_wins(key: str) -> None:
    assert app_with(tasks=True, **{f"CELERY_{key.upper()}": OWN[key]}).conf[key] == OWN[key]


@pytest.mark.parametrize("key", OWN)
def test_what_the_application_sets_by_hand_wins(key: str) -> None:
    before, after = Celery("x", set_as_current=False), app_with(tasks=True)
    before.conf[key] = after.conf[key] = OWN[key]
    install_consumers(before)
    install_task_queue(before)

    assert (before.conf[key], after.conf[key]) == (OWN[key], OWN[key])


def test_settings_by_celerys_old_names_win() -> None:
    app = Celery("x", set_as_current=False)
    app.config_from_object({"BROKER_URL": "redis://own:6379/3", "CELERY_DEFAULT_QUEUE": "own"})
    install_consumers(app)
    install_task_queue(app)

    assert (app.conf.broker_url, app.conf.task_default_queue) == ("redis://own:6379/3", "own")


def test_joining_moves_no_task_and_touches_no_logging() -> None:
    plain = Celery("x", set_as_current=False).conf
    conf = app_with().conf

    assert [
        key
        for key in plain
        if key.startswith(("task_", "worker_hijack", "worker_redirect")) and plain[key] != conf[key]
    ] == []
    assert conf.task_default_queue == "celery"
    assert conf.worker_enable_remote_control is True


@pytest.mark.parametrize("url", ["redis://own:6379/3", "amqp://x:y@broker/another"])
def test_a_broker_of_the_application_stays_whole(url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.POSTROAD = {**settings.POSTROAD, "BROKER_URL": "amqps://a:b@broker/v"}
    by_setting = app_with(CELERY_BROKER_URL=url).conf
    by_argument = Celery("x", broker=url, set_as_current=False)
    install_consumers(by_argument)
    monkeypatch.setenv("CELERY_BROKER_URL", url)
    by_variable = app_with().conf

    for conf in (by_setting, by_argument.conf, by_variable):
        assert (conf.broker_url, conf.broker_use_ssl) == (url, False)


def test_without_a_broker_of_its_own_an_application_gets_ours() -> None:
    assert app_with().conf.broker_url == celery_broker("amqp://a:b@broker/v")["broker_url"]


def test_an_application_can_send_tasks_while_messages_stay_in_memory(settings: Settings) -> None:
    settings.POSTROAD = {**settings.POSTROAD, "BROKER_URL": "memory://"}

    assert app_with(CELERY_BROKER_URL="redis://own:6379/3").conf.broker_url == "redis://own:6379/3"


def test_a_queue_of_tasks_of_the_services_own_has_dead_letters_and_a_limit() -> None:
    conf = app_with(tasks=True).conf
    (queue,) = conf.task_queues

    assert conf.worker_enable_remote_control is False
    assert queue.name == conf.task_default_queue == "bakery.tasks"
    assert queue.queue_arguments == {
        "x-queue-type": "quorum",
        "x-delivery-limit": 50,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "bakery.dead",
    }


def test_an_application_that_is_configured_already_gets_the_same() -> None:
    app = Celery("x", set_as_current=False)
    app.conf.task_acks_late = True
    assert app.conf.task_acks_late
    install_consumers(app)
    install_task_queue(app)

    assert app.conf.worker_enable_remote_control is False
    assert app.conf.task_queues[0].name == "bakery.tasks"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, True),
        ({"queues": ["emails"]}, False),
        ({"queues": ["emails"], "handlers": True}, True),
        ({"handlers": False}, False),
        ({"handlers": True}, True),
        ({"queues": [], "handlers": None}, True),
    ],
)
def test_which_workers_run_handlers(options: dict[str, Any], expected: bool) -> None:  # noqa: FBT001 - a row of the table
    app_with()
    worker = SimpleNamespace()
    celeryd_init.send(sender="x", instance=worker, conf=None, options=options)

    assert runs_handlers(worker) is expected


def test_the_command_knows_the_option_once() -> None:
    app = app_with()
    install_consumers(app)
    (option,) = app.user_options["worker"]

    assert (option.opts, option.secondary_opts) == (["--handlers"], ["--no-handlers"])


def test_a_worker_without_event_loop_says_what_to_do() -> None:
    consumer = SimpleNamespace(hub=None, conninfo=SimpleNamespace(transport_cls="filesystem"))

    with pytest.raises(MisconfiguredError, match="--no-handlers"):
        ensure_possible(consumer)


def test_a_worker_whose_messages_stay_in_memory_says_what_to_do(settings: Settings) -> None:
    settings.POSTROAD = {**settings.POSTROAD, "BROKER_URL": "memory://"}

    with pytest.raises(MisconfiguredError, match=r"'memory://' has no queues.*--no-handlers"):
        ensure_possible(SimpleNamespace(hub=object()))


def test_the_services_own_queue_can_be_declared_at_a_broker_that_is_not_rabbitmq() -> None:
    app = app_with(tasks=True, CELERY_BROKER_URL="memory://")  # Celery's, whose channels are like those of Redis
    (queue,) = app.conf.task_queues

    with app.connection_for_write() as connection:
        declared = queue(connection.channel()).declare()

    assert declared == queue.name
