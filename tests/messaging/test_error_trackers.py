"""A message that is parked is an error with its traceback for whatever watches the log, shown with Sentry's SDK."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope as SentEnvelope
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.transport import Transport
from typing_extensions import override

from postroad.messaging.inbox.consumer import Job, Mode, Outcome
from postroad.processes import jobs
from postroad.processes.jobs import run_job
from tests.support.letters import command
from tests.support.shop import Shop

pytestmark = pytest.mark.django_db


class Mailbox(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    @override
    def capture_envelope(self, envelope: SentEnvelope) -> None:
        event = envelope.get_event()
        if event is not None:
            self.events.append(dict(event))


@pytest.fixture
def sentry() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    with sentry_sdk.isolation_scope():
        sentry_sdk.init(
            dsn="https://key@sentry.invalid/1",
            transport=mailbox,
            default_integrations=False,
            integrations=[LoggingIntegration()],
        )
        yield mailbox
        # Without an address nothing is sent any more; integrations would change aiohttp and others for later tests.
        sentry_sdk.init(default_integrations=False)


def run(mode: Mode, *, attempts: int = 0) -> Outcome:
    return run_job(Job(subscriber="bakery", envelopes=(command(1),), mode=mode, attempts=attempts)).outcome


def test_a_retry_is_no_event(shop: Shop, sentry: Mailbox) -> None:
    shop.failures = {1}

    assert run(Mode.SINGLE) is Outcome.FAILED
    assert sentry.events == []


def test_a_handler_that_fails_for_good_is_an_event_with_its_traceback(shop: Shop, sentry: Mailbox) -> None:
    shop.failures = {1}

    assert run(Mode.LAST, attempts=3) is Outcome.DONE
    (event,) = sentry.events
    (error,) = event["exception"]["values"]
    assert (event["level"], event["logger"]) == ("error", "postroad.processes.jobs")
    assert (error["type"], error["value"]) == ("ValueError", "cannot bake for 1")
    assert error["stacktrace"]["frames"][-1]["function"] == "_act"
    assert event["extra"]["subscriber"] == "bakery"


def test_an_error_that_quotes_something_sensitive_is_an_event_without_it(
    shop: Shop, sentry: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "shown_text", lambda text, *_: text.replace("cannot bake", "…"))
    shop.failures = {1}

    assert run(Mode.LAST) is Outcome.DONE
    (event,) = sentry.events
    (error,) = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("HiddenError", "ValueError: … for 1")
    assert error["stacktrace"]["frames"][-1]["function"] == "_act"
    assert "cannot bake" not in json.dumps(event, default=str)


def test_a_message_that_killed_its_process_is_an_event_too(shop: Shop, sentry: Mailbox) -> None:
    job = Job(subscriber="bakery", envelopes=(command(1),), mode=Mode.PARK, attempts=4, reason="killed its process")

    assert run_job(job).outcome is Outcome.DONE
    assert [event["extra"]["error"] for event in sentry.events] == ["killed its process"]
