"""What `install_consumers` sets in a Celery application, and what it leaves to the application."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from pytest_django import Settings

from postroad.worker.install import install_consumers


@pytest.fixture(autouse=True)
def broker(settings: Settings) -> None:
    settings.POSTROAD = {**settings.POSTROAD, "SERVICE": "bakery", "BROKER_URL": "amqp://a:b@broker/v"}


def app_with(**own: Any) -> Celery:
    app = Celery("x", set_as_current=False)
    app.config_from_object(SimpleNamespace(**own), namespace="CELERY")
    install_consumers(app)
    return app


def test_remote_control_is_off_and_the_queue_of_tasks_has_a_dead_letter_queue_and_a_limit() -> None:
    conf = app_with().conf
    (queue,) = conf.task_queues

    assert conf.worker_enable_remote_control is False
    assert conf.broker_url == "amqp://a:b@broker:5672/v"
    assert queue.name == conf.task_default_queue == "bakery.tasks"
    assert queue.queue_arguments == {
        "x-queue-type": "quorum",
        "x-delivery-limit": 50,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "bakery.dead",
    }


def test_the_settings_of_the_application_win() -> None:
    conf = app_with(
        CELERY_WORKER_ENABLE_REMOTE_CONTROL=True, CELERY_TASK_DEFAULT_QUEUE="own", CELERY_BROKER_URL="amqp://own//"
    ).conf

    assert conf.worker_enable_remote_control is True
    assert (conf.task_default_queue, conf.task_queues) == ("own", None)
    assert conf.broker_url == "amqp://own//"


def test_what_the_application_sets_by_hand_wins_too() -> None:
    app = app_with()
    app.conf.worker_enable_remote_control = True
    configured = app_with()
    configured.conf.task_default_queue = "own"

    assert app.conf.worker_enable_remote_control is True
    assert configured.conf.task_default_queue == "own"


def test_an_application_that_is_configured_already_gets_the_same() -> None:
    app = Celery("x", set_as_current=False)
    app.conf.task_acks_late = True
    assert app.conf.task_acks_late
    install_consumers(app)

    assert app.conf.worker_enable_remote_control is False
    assert app.conf.task_queues[0].name == "bakery.tasks"
