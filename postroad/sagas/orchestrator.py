"""Acts on what `execution` decides: commands into the outbox, local use-cases, the instance row.  Not: deciding.

A transition, its outgoing commands, its history and the processed-message row are one transaction.  The instance row
is locked, so replies are taken one after the other; a reply that does not answer the outstanding request, or comes to
a saga that has ended, changes nothing.  A reply that answers it and cannot be used makes the saga stuck and is parked:
once it is understood and redriven, the saga goes on.

Pattern: "Saga, orchestration" (Microservices Patterns, ch. 4).
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.db import transaction

from postroad import clock, handling
from postroad.codecs.names import description_of, key_text
from postroad.codecs.showing import shown_field
from postroad.codecs.types import Message
from postroad.commands.messages import Done, command_description, reply_description
from postroad.commands.refusals import Refusal
from postroad.commands.sender import send
from postroad.errors import InvalidMessage, InvalidResult, PermanentError, summary
from postroad.ids import new_id
from postroad.logs import logger
from postroad.messaging import headers as names
from postroad.messaging.inbox import dead_letters
from postroad.messaging.message import Envelope, storable
from postroad.sagas import catalog, execution, repository
from postroad.sagas.catalog import Entry
from postroad.sagas.definition import Saga
from postroad.sagas.execution import Direction, Status, Turn
from postroad.sagas.models import SagaInstance, SagaStep, indexed
from postroad.sagas.participant import unlock
from postroad.sagas.steps import CommandAction, D, LocalAction, SagaData

log = logger(__name__)


def start_saga(saga: Saga[D], data: D) -> str:
    """Start a saga in the caller's transaction; return its id.

    Raises:
        MisconfiguredError: The saga is not listed in this process.
        OutsideTransaction: There is no transaction around the call.
    """
    run = _Run(catalog.find(saga.name, saga.version), _new_instance(saga, data), data)
    run.follow(execution.begin(saga))
    repository.insert(run.instance, run.begun)
    return str(run.instance.pk)


def take_reply(envelope: Envelope, reply: Message) -> bool:
    """Move the saga that a reply is for, in the caller's transaction; return whether it changed.

    A reply that the command in question does not declare makes it stuck, and is parked.

    Raises:
        UnknownSaga: No such saga is stored here.
        MisconfiguredError: Its definition, in the version it started with, is not listed in this process.
    """
    instance = repository.lock(envelope.headers.get(names.SAGA_ID, ""))
    if target := envelope.headers.get(names.SAGA_LOCK):
        if not _is_lock(instance, target):
            stop(
                envelope,
                InvalidMessage(f"header {names.SAGA_LOCK!r} {target!r:.100} names no lock of {instance.type}."),
            )
            return True
        _note_lock(instance, target)
    if not _is_awaited(instance, envelope):
        log.info(
            "reply changes nothing: it is late or not expected",
            extra={"saga_id": instance.pk, "message_id": envelope.id, "type": envelope.type},
        )
        return False
    entry, position = catalog.find(instance.type, instance.version), repository.awaited_position(instance)
    description = reply_description(type(reply))
    declared = entry.saga.answers(position.step, is_undo=position.direction is Direction.UNDO)
    if type(reply) not in declared:
        known = ", ".join(description_of(one).name for one in declared)
        _stop(instance, envelope, InvalidMessage(f"{description.name} is no answer to it; declared: {known}."))
        return True
    detail = shown_field(reply, "reason")
    outcome = names.FAILURE if description.is_refusal else names.SUCCESS
    repository.answered(envelope.correlation_id, reply=description.name, outcome=outcome, detail=detail)
    run = _Run(entry, instance, repository.read_data(instance, entry.saga.data))
    run.note(position.step, reply)
    if description.is_refusal:
        run.follow(execution.failed(entry.saga, position, reason=detail or description.name))
    else:
        run.follow(execution.succeeded(entry.saga, position))
    repository.update(instance, run.begun)
    return True


def stop(envelope: Envelope, error: PermanentError) -> None:
    """Make the saga stuck that waits for a reply which cannot be read, and park the reply, in the caller's transaction.

    Raises:
        PermanentError: `error`; no saga waits for it, or the saga is stuck already.
    """
    saga_id = envelope.headers.get(names.SAGA_ID)
    if not saga_id:
        raise error
    instance = repository.lock(saga_id)
    if not _is_awaited(instance, envelope):
        raise error
    _stop(instance, envelope, error)


def _is_awaited(instance: SagaInstance, envelope: Envelope) -> bool:
    """Whether the saga waits for this reply; one that is stuck waits if it is for the lack of a usable one."""
    status = Status(instance.status)
    is_waiting = status.is_moving or (status is Status.STUCK and bool(instance.request_id))
    return is_waiting and envelope.correlation_id == str(instance.request_id)


def _stop(instance: SagaInstance, envelope: Envelope, error: PermanentError) -> None:
    if instance.status == Status.STUCK:
        raise error  # redriven too early: it stays parked
    entry = catalog.find(instance.type, instance.version)
    reason = f"the reply to step {instance.step!r} cannot be used, and is parked: {error}"
    log.warning("saga is stuck: its reply cannot be used", extra={"saga_id": instance.pk, "message_id": envelope.id})
    dead_letters.keep(entry.replies.name, envelope, reason=summary(error))
    repository.answered(envelope.correlation_id, reply=storable(envelope.type), outcome=names.FAILURE, detail=reason)
    repository.place(instance, replace(repository.position_of(instance), status=Status.STUCK, reason=storable(reason)))
    repository.update(instance, [])


class _Run:
    """One saga moving through one transaction: until it waits for a reply or ends."""

    def __init__(self, entry: Entry, instance: SagaInstance, data: SagaData) -> None:
        self.entry, self.instance, self.data = entry, instance, data
        self.begun: list[SagaStep] = []

    def note(self, step: str, reply: Message) -> None:
        """Take a reply into the data, as the step says."""
        handler = self.entry.saga.on_reply(step, reply)
        if handler is not None:
            self.data = self._taken(handler(self.data, reply), handler)

    def follow(self, turn: Turn) -> None:
        """Act on a turn, and on those that local steps and notifications lead to."""
        pending: Turn | None = turn
        while pending is not None:
            repository.place(self.instance, pending.position)
            self.instance.request_id = ""
            match pending.action:
                case CommandAction() as action:
                    pending = self._send(pending, action)
                case LocalAction() as action:
                    pending = self._run_local(pending, action)
                case None:
                    pending = None
                    if self.instance.ended_at is not None:  # a stuck saga keeps what it has locked
                        _unlock(self.instance, self.instance.locks)
        repository.write_data(self.instance, self.data)

    def _send(self, turn: Turn, action: CommandAction) -> Turn | None:
        saga_id, description = str(self.instance.pk), action.description
        is_awaited = bool(description.replies)
        command = handling.finished(action.make(self.data), action.make)
        if type(command) is not action.message:
            raise InvalidResult(
                f"{handling.name_of(action.make)} made {type(command).__qualname__}, not {action.message.__qualname__}."
            )
        request_id = send(
            command,
            reply_to=self.entry.replies.queue(saga_id) if is_awaited else "",
            delay_seconds=turn.delay_seconds,
            headers={
                names.SAGA_TYPE: self.entry.saga.name,
                names.SAGA_ID: saga_id,
                names.SAGA_STEP: turn.position.step,
            },
        )
        step = self._begin(turn, description.name)
        step.channel, step.request_id = description.channel.name, request_id
        if is_awaited:
            self.instance.request_id = request_id
            return None
        step.ended_at, step.outcome = step.started_at, names.SUCCESS
        return execution.succeeded(self.entry.saga, turn.position)

    def _run_local(self, turn: Turn, action: LocalAction) -> Turn:
        step = self._begin(turn, action.name)
        try:
            with transaction.atomic():
                result = handling.finished(action.run(self.data), action.run)
                self.data = self.data if result is None else self._taken(result, action.run)
        except Refusal as refusal:
            reply = refusal.reply
        else:
            reply = Done()
        self.note(turn.position.step, reply)
        description = description_of(type(reply))
        step.reply, step.ended_at = description.name, clock.now()
        step.detail = shown_field(reply, "reason")
        if isinstance(reply, Done):
            step.outcome = names.SUCCESS
            return execution.succeeded(self.entry.saga, turn.position)
        step.outcome = names.FAILURE
        return execution.failed(self.entry.saga, turn.position, reason=step.detail or description.name)

    def _taken(self, data: object, function: Callable[..., Any]) -> SagaData:
        """Return what a function made of the data; anything but data of this saga is its failure."""
        if not isinstance(data, self.entry.saga.data):
            handling.finished(data, function)
            raise InvalidResult(
                f"saga {self.entry.saga.name}: {handling.name_of(function)} returned {type(data).__qualname__}, "
                f"not {self.entry.saga.data.__qualname__}; return 'msgspec.structs.replace(data, …)'."
            )
        taken: SagaData = data
        return taken

    def _begin(self, turn: Turn, action: str) -> SagaStep:
        step = SagaStep(
            saga=self.instance,
            step=turn.position.step,
            direction=turn.position.direction.value,
            action=action,
            started_at=clock.now(),
        )
        self.begun.append(step)
        return step


def _is_lock(instance: SagaInstance, target: str) -> bool:
    """Whether the saga can give back what a reply says is locked: `channel/lock/key` of a channel that it sends to."""
    channels = {
        command_description(one).channel.name for one in catalog.find(instance.type, instance.version).saga.commands()
    }
    return target.count("/") >= 2 and target.partition("/")[0] in channels


def _note_lock(instance: SagaInstance, target: str) -> None:
    """Note what a participant has locked; for a saga that has ended, give it back at once."""
    if instance.ended_at is not None:
        _unlock(instance, [target])
    elif target not in instance.locks:
        instance.locks = [*instance.locks, target]
        instance.save(update_fields=["locks"])


def _unlock(instance: SagaInstance, targets: Iterable[str]) -> None:
    saga = catalog.find(instance.type, instance.version).saga
    for target in targets:
        unlock(saga.channel(target.partition("/")[0]), target, saga_id=str(instance.pk))


def _new_instance(saga: Saga, data: SagaData) -> SagaInstance:
    moment = clock.now()
    return SagaInstance(
        id=new_id(),
        type=saga.name,
        version=saga.version,
        key=indexed(key_text(getattr(data, saga.key))),
        created_at=moment,
        updated_at=moment,
    )
