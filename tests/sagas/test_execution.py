"""Every path of a saga, told with given/expect, and properties of `execution` over random sagas."""

from collections.abc import Callable

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from postroad.commands.messages import Done, Rejected
from postroad.errors import InvalidDeclaration
from postroad.sagas import execution
from postroad.sagas.definition import Saga
from postroad.sagas.execution import Decision, Position, Status
from postroad.sagas.steps import Step
from postroad.testing.sagas import SagaStory, given
from tests.support.shop import (
    BAKERY,
    TILL,
    Bake,
    Baked,
    Charge,
    Declined,
    Receipt,
    Refused,
    Sale,
    Sweep,
    Throw,
    bake,
    sell,
    sweep,
    throw,
)


@pytest.fixture
def story() -> SagaStory[Sale]:
    return given(sell, Sale(order_id=7, loaves=3))


def test_a_sale_in_which_nobody_refuses_completes(story: SagaStory[Sale]) -> None:
    story.expects(Bake, to=BAKERY, order_id=7, loaves=3).answers(Baked(loaves=3))
    story.expects(Charge, to=TILL, order_id=7).answers(Done())
    story.expects(Sweep, to=BAKERY)
    story.expects(Receipt, to=TILL).answers(Done())
    story.runs_local("close")
    story.ends(Status.COMPLETED)
    assert story.data.baked == 3  # type: ignore[attr-defined]  # a Sale


def test_a_refused_step_is_not_undone_itself(story: SagaStory[Sale]) -> None:
    story.expects(Bake, to=BAKERY).answers(Refused(reason="no flour"))
    story.runs_local("sale")
    story.ends(Status.COMPENSATED)
    assert story.position.reason == "no flour"
    assert story.data.reason == "no flour"  # type: ignore[attr-defined]  # a Sale


def test_a_refused_pivot_undoes_what_came_before_in_reverse_order(story: SagaStory[Sale]) -> None:
    story.expects(Bake, to=BAKERY).answers(Baked(loaves=3))
    story.expects(Charge, to=TILL).answers(Declined(reason="card"))
    story.expects(Throw, to=BAKERY, order_id=7).answers(Done())
    story.runs_local("sale")
    story.ends(Status.COMPENSATED)


def test_a_participant_that_cannot_read_the_command_refuses_it(story: SagaStory[Sale]) -> None:
    story.expects(Bake, to=BAKERY).answers(Rejected(reason="unknown_type"))
    story.runs_local("sale")
    story.ends(Status.COMPENSATED)


def test_behind_the_pivot_a_refused_command_is_sent_again_with_growing_delay(story: SagaStory[Sale]) -> None:
    story.expects(Bake, to=BAKERY).answers(Baked(loaves=3))
    story.expects(Charge, to=TILL).answers(Done())
    story.expects(Sweep, to=BAKERY)
    delays = []
    for _ in range(3):
        story.expects(Receipt, to=TILL).answers(Declined(reason="no paper"))
        delays.append(story.delay_seconds)
    story.expects(Receipt, to=TILL).answers(Done())
    story.runs_local("close")
    story.ends(Status.COMPLETED)
    assert delays == [1.0, 2.0, 4.0]


def test_a_refused_compensation_waits_for_an_operator(story: SagaStory[Sale]) -> None:
    story.expects(Bake, to=BAKERY).answers(Baked(loaves=3))
    story.expects(Charge, to=TILL).answers(Declined(reason="card"))
    story.expects(Throw, to=BAKERY).answers(Refused(reason="eaten"))
    story.ends(Status.STUCK)
    assert story.position.reason == "undo of 'bake' was refused: eaten"


def test_a_local_step_behind_the_pivot_that_refuses_waits_for_an_operator(story: SagaStory[Sale]) -> None:
    story.expects(Bake, to=BAKERY).answers(Baked(loaves=3))
    story.expects(Charge, to=TILL).answers(Done())
    story.expects(Sweep, to=BAKERY)
    story.expects(Receipt, to=TILL).answers(Done())
    story.refuses_local("close", reason="shop is shut")
    story.ends(Status.STUCK)


def test_a_story_tells_what_the_saga_does_instead(story: SagaStory[Sale]) -> None:
    with pytest.raises(AssertionError, match="expected Charge; the saga is RUNNING at step 'bake'"):
        story.expects(Charge, to=TILL)


def test_a_story_refuses_an_answer_that_the_command_does_not_declare(story: SagaStory[Sale]) -> None:
    with pytest.raises(AssertionError, match="Bake does not declare Done"):
        story.expects(Bake, to=BAKERY).answers(Done())


def x(data: Sale) -> None: ...


def y(data: Sale) -> Sale:
    return data


def z(data: Sale) -> Sale | None: ...


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([], "no step has a 'do'"),
        ([Step("a", undo=x)], "no step has a 'do'"),
        ([Step("a", do=x), Step("a", do=y)], "same name"),
        ([Step("a", do=x, pivot=True), Step("b", do=y, pivot=True)], "more than one pivot"),
        ([Step("a", do=x, pivot=True), Step("b", do=y, undo=z)], "no step is compensated"),
        ([Step("a", undo=x, pivot=True), Step("b", do=y)], "is the pivot but has no 'do'"),
        ([Step("a"), Step("b", do=y)], "has neither 'do' nor 'undo'"),
        ([Step("a", do=bake, on={Declined: lambda data, _: data})], "do not declare"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(steps: list[Step[Sale]], problem: str) -> None:
    with pytest.raises(InvalidDeclaration, match=problem):
        Saga("counter.Bad", version=1, data=Sale, key="order_id", steps=steps)


def test_a_definition_names_its_key() -> None:
    with pytest.raises(InvalidDeclaration, match="key 'oder' is not a field of Sale"):
        Saga("counter.Bad", version=1, data=Sale, key="oder", steps=[Step("a", do=x)])


def test_a_command_function_must_say_what_it_returns() -> None:
    with pytest.raises(InvalidDeclaration, match="must be annotated with what it returns"):
        Saga("counter.Bad", version=1, data=Sale, key="order_id", steps=[Step("a", do=lambda _: Bake(order_id=1))])


@st.composite
def sagas(draw: Callable[..., int]) -> Saga:
    """Sagas of up to six steps with any mix of actions and at most one pivot."""
    count = draw(st.integers(min_value=1, max_value=6))
    pivot = draw(st.integers(min_value=0, max_value=count))
    steps = []
    for number in range(count):
        is_pivot = number == pivot
        do = draw(st.sampled_from([bake, sweep, x]))
        undo = draw(st.sampled_from([None, throw, y]))
        is_early = number < pivot
        only_undo = is_early and undo is not None and draw(st.booleans())
        steps.append(
            Step(f"s{number}", do=None if only_undo else do, undo=undo if is_early else None, pivot=is_pivot)  # type: ignore[arg-type]  # drawn values
        )
    if not any(step.do for step in steps):
        steps.append(Step("last", do=x))
    return Saga("counter.Any", version=1, data=Sale, key="order_id", steps=steps)


def _play(saga: Saga, answers: list[bool]) -> tuple[list[Position], Status]:
    """Return where the saga did something, in order, and how it stands after these answers."""
    decision = execution.begin(saga, Sale(order_id=1))
    acts = _acts(decision)
    for is_success in answers:
        if not decision.position.status.is_moving:
            break
        reply = Done() if is_success else Rejected(reason="no")
        decision = execution.take(saga, decision.position, decision.data, reply)
        acts += _acts(decision)
    return acts, decision.position.status


def _acts(decision: Decision) -> list[Position]:
    return [sending.at for sending in decision.sends] + ([decision.position] if decision.local else [])


@forall(sagas(), st.lists(st.booleans(), max_size=30))
def test_whatever_the_answers_are_a_saga_never_undoes_what_it_did_not_do(saga: Saga, answers: list[bool]) -> None:
    acts, _ = _play(saga, answers)
    done = [at.step for at in acts if at.status is Status.RUNNING]
    undone = [at.step for at in acts if at.status is Status.COMPENSATING]
    names = [step.name for step in saga.steps]

    assert undone == sorted(undone, key=names.index, reverse=True)
    assert len(set(undone)) == len(undone)
    refused = done[-1] if done else names[0]
    assert all(names.index(step) < names.index(refused) for step in undone)


@forall(sagas(), st.lists(st.booleans(), max_size=30))
def test_a_saga_that_has_not_ended_waits_for_one_answer(saga: Saga, answers: list[bool]) -> None:
    decision = execution.begin(saga, Sale(order_id=1))
    for is_success in answers:
        is_asked = bool(decision.sends) and decision.sends[-1].is_answered

        assert not any(sending.is_answered for sending in decision.sends[:-1])
        assert decision.position.status.is_moving == (is_asked or decision.local is not None)
        assert not (is_asked and decision.local)
        if not decision.position.status.is_moving:
            return
        reply = Done() if is_success else Rejected(reason="no")
        decision = execution.take(saga, decision.position, decision.data, reply)


@forall(sagas())
def test_a_saga_in_which_nobody_refuses_does_every_step_once_and_completes(saga: Saga) -> None:
    acts, status = _play(saga, [True] * 20)

    assert [at.step for at in acts] == [step.name for step in saga.steps if step.do]
    assert status is Status.COMPLETED
