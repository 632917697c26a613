"""Moves sagas: load → decide everything → save → perform, in the caller's transaction.  See also: `execution`, which decides.

A transition, its outgoing commands, its history and the processed-message row are one transaction.  The instance row
is locked, so replies are handled one after the other.  A reply changes nothing if it does not answer the outstanding request,
or if the saga has ended.  A reply that answers the request but cannot be used is parked, and makes the saga stuck: when a
release that can use it is deployed and the reply is redriven, the saga continues.

Pattern: "Saga, orchestration" (Microservices Patterns, ch. 4).
"""

from collections.abc import Callable
from functools import partial

from django.db import transaction

from postroad import clock, handling
from postroad.codecs.types import Message
from postroad.commands.messages import Done
from postroad.commands.refusals import Refusal
from postroad.commands.sender import outgoing
from postroad.errors import PermanentError, summary
from postroad.logs import logger
from postroad.messaging import headers as names
from postroad.messaging.inbox import dead_letters
from postroad.messaging.message import Envelope
from postroad.messaging.outbox.producer import check_transaction, put
from postroad.messaging.texts import storable
from postroad.sagas import catalog, execution, repository
from postroad.sagas.catalog import Entry, SagaCatalog
from postroad.sagas.definition import Saga
from postroad.sagas.execution import Answer, Decision, Position, Sending, Status
from postroad.sagas.models import SagaInstance, SagaStep
from postroad.sagas.participants.unlocking import unlocking
from postroad.sagas.steps import D, LocalAction

log = logger(__name__)
_DONE: Message = Done()


def start_saga(saga: Saga[D], data: D) -> str:
    """Start a saga in the caller's transaction; return its id.

    Raises:
        MisconfiguredError: The saga is not listed in this process.
        OutsideTransaction: There is no transaction around the call.
    """
    check_transaction(f"saga {saga.name} was started")
    run = _Run(catalog.installed().find(saga.name, saga.version), repository.new_instance(saga, data))
    run.follow(execution.begin(saga, data))
    repository.insert(run.instance, run.begun)
    run.perform()
    return str(run.instance.pk)


class Orchestrator:
    """Moves the sagas of a process when replies to their commands arrive.

    Concurrency: it has no state, so threads may share one; the row of a saga is locked while it moves.
    """

    def __init__(self, sagas: SagaCatalog) -> None:
        self._sagas = sagas

    def take(self, envelope: Envelope, reply: Message | PermanentError) -> bool:
        """Move the saga that a reply is for, in the caller's transaction; return whether it changed.

        Args:
            envelope: The reply as it was received.
            reply: The decoded reply, or the error if it cannot be read.

        Raises:
            UnknownSaga: No saga with that id is stored here.
            MisconfiguredError: Its definition, in the version it started with, is not listed in this process.
            PermanentError: The reply cannot be used, and the saga does not wait for it or is stuck already.
        """
        instance = repository.lock(envelope.headers.get(names.SAGA_ID, ""))
        if not _is_awaited(instance, envelope):
            return self._take_late(instance, envelope, reply)
        run, position = self._run(instance), repository.awaited_position(instance)
        try:
            run.note_lock(envelope)
            read = execution.usable(run.saga, position, reply)
        except PermanentError as error:
            answer: Answer | None = run.stop(position, envelope, error)
        else:
            decision = execution.take(run.saga, position, repository.read_data(instance, run.saga.data), read)
            answer = decision.answer
            run.follow(decision)
        repository.update(instance, answer, envelope.correlation_id, run.begun)
        run.perform()
        return True

    def _take_late(self, instance: SagaInstance, envelope: Envelope, reply: Message | PermanentError) -> bool:
        """Handle a reply that the saga does not wait for: only a lock that it names is noted, or released if the saga has ended."""
        if isinstance(reply, PermanentError):
            raise reply
        if names.SAGA_LOCK in envelope.headers:
            run = self._run(instance)
            if run.note_lock(envelope):
                repository.update_locks(instance)
            run.perform()
        log.info(
            "reply changes nothing: it is late or not expected",
            extra={"saga_id": instance.pk, "message_id": envelope.id, "type": envelope.type},
        )
        return False

    def _run(self, instance: SagaInstance) -> "_Run":
        return _Run(self._sagas.find(instance.type, instance.version), instance)


def _is_awaited(instance: SagaInstance, envelope: Envelope) -> bool:
    """Whether the saga waits for this reply; a stuck saga does if it is stuck because a reply could not be used."""
    status = Status(instance.status)
    is_waiting = status.is_moving or (status is Status.STUCK and bool(instance.request_id))
    return is_waiting and envelope.correlation_id == str(instance.request_id)


class _Run:
    """One saga in one transaction: it applies decisions to the row and the history, and collects what to do after saving.

    Attributes:
        instance: Its row, changed but not yet saved.
        begun: Rows of the steps that it has begun, not yet saved.
    """

    def __init__(self, entry: Entry, instance: SagaInstance) -> None:
        self.saga, self.instance = entry.saga, instance
        self.begun: list[SagaStep] = []
        self._replies = entry.replies
        self._effects: list[Callable[[], None]] = []

    def follow(self, decision: Decision) -> None:
        """Apply a decision, and those that follow from the results of local steps, until the saga waits or ends."""
        self._prepare(decision)
        while decision.local is not None:
            decision = self._run_local(decision.local, decision)
            self._prepare(decision)
        repository.place(self.instance, decision.position)
        repository.write_data(self.instance, decision.data)
        if decision.position.status is Status.STUCK:
            log.error("saga is stuck: %s", decision.position.reason, extra=self._named())
        elif self.instance.ended_at is not None:  # a stuck saga keeps its locks
            self._unlock(*self.instance.locks)

    def stop(self, position: Position, envelope: Envelope, error: PermanentError) -> Answer:
        """Make the saga stuck because a reply cannot be used, and prepare to park the reply.

        Raises:
            PermanentError: `error`: the saga is stuck already, because the reply was redriven too early; it stays parked.
        """
        if self.instance.status == Status.STUCK:
            raise error
        stuck, answer = execution.stop(position, reply=storable(envelope.type), why=str(error))
        repository.place(self.instance, stuck)
        self._effects.append(partial(dead_letters.keep, self._replies.name, envelope, reason=summary(error)))
        named = {**self._named(), "message_id": envelope.id}
        log.error("saga is stuck: its reply cannot be used", extra=named, exc_info=error)
        return answer

    def note_lock(self, envelope: Envelope) -> bool:
        """Note the lock that the header of a reply names; if the saga has ended, prepare to release it.

        Returns:
            Whether the row has changed.

        Raises:
            InvalidMessage: The header does not name a lock of a channel that the saga sends to.
        """
        target = envelope.headers.get(names.SAGA_LOCK, "")
        if not target:
            return False
        execution.check_lock(self.saga, target)
        if self.instance.ended_at is not None:
            self._unlock(target)
            return False
        is_new = target not in self.instance.locks
        if is_new:
            self.instance.locks = [*self.instance.locks, target]
        return is_new

    def perform(self) -> None:
        """Run what was prepared so far, in order: send, unlock, park."""
        for effect in self._effects:
            effect()
        self._effects.clear()

    def _prepare(self, decision: Decision) -> None:
        self.instance.request_id = ""
        for sending in decision.sends:
            self._prepare_sending(sending)

    def _prepare_sending(self, sending: Sending) -> None:
        saga_id = str(self.instance.pk)
        message = outgoing(
            sending.command,
            reply_to=self._replies.queue(saga_id) if sending.is_answered else "",
            headers={names.SAGA_TYPE: self.saga.name, names.SAGA_ID: saga_id, names.SAGA_STEP: sending.at.step},
        )
        step = self._begin(sending.at, sending.description.name)
        step.channel, step.request_id = sending.description.channel.name, message.envelope.id
        if sending.is_answered:
            self.instance.request_id = message.envelope.id
        else:
            step.ended_at, step.outcome = step.started_at, names.SUCCESS
        self._effects.append(partial(put, message, delay_seconds=sending.delay_seconds))

    def _run_local(self, local: LocalAction, decision: Decision) -> Decision:
        """Run the local step of a decision in a savepoint; return the decision that follows from its result."""
        self.perform()  # so that earlier commands precede the messages that the step itself sends
        data, reply = decision.data, _DONE
        step = self._begin(decision.position, local.name)
        try:
            with transaction.atomic():
                result = handling.finished(local.run(data), local.run)
                data = data if result is None else execution.checked_data(self.saga, result, local.run)
        except Refusal as refusal:
            reply = refusal.reply
        decision = execution.take(self.saga, decision.position, data, reply)
        repository.note_answer(step, decision.answer)
        return decision

    def _named(self) -> dict[str, str]:
        return {"saga_id": str(self.instance.pk), "saga_type": self.saga.name}

    def _begin(self, at: Position, action: str) -> SagaStep:
        step = SagaStep(
            saga=self.instance, step=at.step, direction=at.direction.value, action=action, started_at=clock.now()
        )
        self.begun.append(step)
        return step

    def _unlock(self, *targets: str) -> None:
        for target in targets:
            channel = self.saga.channel(target.partition("/")[0])
            self._effects.append(partial(put, unlocking(channel, target, saga_id=str(self.instance.pk))))
