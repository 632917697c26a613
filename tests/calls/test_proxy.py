import asyncio
from typing import Any, Protocol

import pytest

from postroad.calls.declaration import get, proxy
from postroad.calls.fallback import Cached, Degraded, OperationFallback, cached, degraded
from postroad.calls.policies import watch
from postroad.calls.policies.breaker import BreakerRules, State
from postroad.calls.policies.selection import new_policy, policies, policy_of
from postroad.calls.proxy import client_of
from postroad.calls.transport import Answer
from postroad.context import Current, working
from postroad.errors import BreakerOpen, CallRejected, InvalidAnswer, ServiceUnavailable
from tests.support.calls import A_LOAF, Bakery, Clock, Loaf, Order, Scripted, policy

GOOD = Answer(status=200, body=A_LOAF)
MISSING = Answer(status=404, body=b'{"code":"not_found","detail":"There is no loaf 7.","fields":{}}')
DOWN = ServiceUnavailable("bakery: nobody answers")


def _bakery(transport: Scripted, **given: Any) -> Bakery:
    shared = policy(attempts=1, **given)
    return client_of(Bakery, transport=transport, policy=lambda _: shared)


def test_an_answer_is_read_into_the_declared_type_and_what_is_unknown_is_ignored() -> None:
    assert _bakery(Scripted(GOOD)).loaf(7) == Loaf(loaf_id=7, grams=500)


def test_an_asynchronous_call_is_awaited() -> None:
    assert asyncio.run(_bakery(Scripted(GOOD)).loaf_async(7)) == Loaf(loaf_id=7, grams=500)


def test_parameters_are_path_query_or_body() -> None:
    transport = Scripted(Answer(status=200, body=b"[]"), GOOD)
    bakery = _bakery(transport)

    bakery.loaves(baked_by="Ann & Bob", kinds=["rye", "spelt"])
    bakery.bake("a b", Order(kind="rye"))

    query, body = transport.sent
    assert (query.verb, query.target) == (
        "GET",
        "/v1/loaves?bakedBy=Ann+%26+Bob&kinds=rye&kinds=spelt&isFresh=true",
    )
    assert (body.verb, body.target, body.body) == ("POST", "/v1/shelves/a%20b/loaves", b'{"kind":"rye"}')


def test_none_is_left_out_of_the_query() -> None:
    transport = Scripted(Answer(status=200, body=b"[]"))

    _bakery(transport).loaves()

    assert transport.sent[0].target == "/v1/loaves?isFresh=true"


@pytest.mark.parametrize("shelf", ["", ".", "..", "../..", "a/b"])
def test_a_value_that_would_leave_its_place_in_the_path_is_refused(shelf: str) -> None:
    transport = Scripted(GOOD)

    with pytest.raises(CallRejected, match=r"cannot stand in a path"):
        _bakery(transport).bake(shelf, Order(kind="rye"))

    assert transport.sent == []


def test_a_wrong_argument_is_a_type_error_like_any_functions() -> None:
    with pytest.raises(TypeError, match=r"loaf_id"):
        _bakery(Scripted(GOOD)).loaf(loafid=7)  # type: ignore[call-arg]  # the point of the test


def test_what_is_missing_is_none_where_the_type_allows_it() -> None:
    assert _bakery(Scripted(MISSING)).loaf(7) is None


def test_what_is_missing_is_a_no_where_the_type_does_not_allow_none() -> None:
    with pytest.raises(
        CallRejected, match=r"bakery.kept_loaf: the service rejected the request: 404 not_found"
    ) as caught:
        _bakery(Scripted(MISSING)).kept_loaf(7)

    assert (caught.value.status, caught.value.code, caught.value.detail) == (404, "not_found", "There is no loaf 7.")


def test_a_no_carries_the_fields_at_fault() -> None:
    problem = b'{"code":"invalid","detail":"Some fields are not valid.","fields":{"kind":["too long"]}}'

    with pytest.raises(CallRejected) as caught:
        _bakery(Scripted(Answer(status=400, body=problem))).bake("a", Order(kind="x"))

    assert caught.value.fields == {"kind": ["too long"]}


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"code": 5}', b"\xff", b"[" * 100_000])
def test_a_no_without_a_readable_body_is_a_no_all_the_same(body: bytes) -> None:
    with pytest.raises(CallRejected) as caught:
        _bakery(Scripted(Answer(status=403, body=body))).loaf(7)

    assert (caught.value.status, caught.value.code) == (403, "")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"loafId":"x"}', b"\xff", b"[" * 100_000])
def test_an_answer_that_does_not_fit_is_named(body: bytes) -> None:
    with pytest.raises(InvalidAnswer, match=r"bakery.loaf: the answer does not fit"):
        _bakery(Scripted(Answer(status=200, body=body))).loaf(7)


def test_a_redirect_is_not_followed() -> None:
    with pytest.raises(InvalidAnswer, match=r"answered 302"):
        _bakery(Scripted(Answer(status=302))).loaf(7)


def test_a_call_for_nothing_returns_none_whatever_the_body() -> None:
    thrower = _bakery(Scripted(Answer(status=200, body=b"<html>")))
    returned: object = thrower.throw(7)  # type: ignore[func-returns-value]

    assert returned is None


def test_an_empty_answer_is_none_where_the_type_allows_it() -> None:
    assert _bakery(Scripted(Answer(status=204))).loaf(7) is None


def test_a_head_tells_whether_something_is_there() -> None:
    bakery = _bakery(Scripted(Answer(status=200), Answer(status=404)))

    assert [bakery.is_there(7), bakery.is_there(7)] == [True, False]


def test_trace_and_request_id_travel_on() -> None:
    transport = Scripted(GOOD)

    with working(Current(trace_parent="00-ab-cd-01", request_id="r-1")):
        _bakery(transport).loaf(7)

    assert transport.sent[0].headers == {"traceparent": "00-ab-cd-01", "x-request-id": "r-1"}


def test_without_fallback_the_failure_is_raised() -> None:
    with pytest.raises(ServiceUnavailable):
        _bakery(Scripted(DOWN)).loaf(7)


def test_a_default_takes_the_place_of_an_answer_and_the_caller_is_told() -> None:
    with degraded() as found:
        loaves = _bakery(Scripted(DOWN)).loaves()

    assert loaves == ()
    assert found == [Degraded(call="bakery.loaves", substitute="default", reason=DOWN)]


def test_the_last_good_answer_takes_the_place_of_an_answer() -> None:
    bakery = _bakery(Scripted(GOOD, DOWN))
    bakery.kept_loaf(7)

    with degraded() as found:
        again = bakery.kept_loaf(7)

    assert again == Loaf(loaf_id=7, grams=500)
    assert [each.substitute for each in found] == ["cached"]


def test_a_good_answer_to_other_arguments_does_not() -> None:
    bakery = _bakery(Scripted(GOOD, DOWN))
    bakery.kept_loaf(7)

    with pytest.raises(ServiceUnavailable):
        bakery.kept_loaf(8)


def test_a_good_answer_to_other_headers_does_not() -> None:
    asking = ["ada"]

    @proxy("bakery", headers=lambda: {"authorization": asking[0]})
    class Counter(Protocol):
        @get("/v1/loaves/{loaf_id}", otherwise=cached(seconds=60))
        def loaf(self, loaf_id: int) -> Loaf: ...

    transport, shared = Scripted(GOOD, DOWN), policy(attempts=1)
    counter = client_of(Counter, transport=transport, policy=lambda _: shared)
    counter.loaf(7)
    asking[0] = "bob"

    with pytest.raises(ServiceUnavailable):
        counter.loaf(7)
    asking[0] = "ada"
    assert counter.loaf(7) == Loaf(loaf_id=7, grams=500)
    assert [each.headers["authorization"] for each in transport.sent] == ["ada", "bob", "ada"]


def test_a_no_is_not_replaced_by_an_old_answer() -> None:
    bakery = _bakery(Scripted(GOOD, MISSING))
    bakery.kept_loaf(7)

    with degraded() as found, pytest.raises(CallRejected):
        bakery.kept_loaf(7)

    assert found == []


def test_an_omitted_part_is_none_and_told_apart_from_a_missing_one() -> None:
    bakery = _bakery(Scripted(MISSING, DOWN))

    with degraded() as missing:
        assert bakery.spare_loaf(7) is None
    with degraded() as omitted:
        assert bakery.spare_loaf(7) is None

    assert (len(missing), len(omitted)) == (0, 1)


def test_an_answer_that_does_not_fit_is_replaced_too() -> None:
    with degraded() as found:
        assert _bakery(Scripted(Answer(status=200, body=b"<html>"))).spare_loaf(7) is None

    assert isinstance(found[0].reason, InvalidAnswer)


def test_tasks_started_in_a_block_tell_its_collector() -> None:
    bakery = _bakery(Scripted(DOWN))

    async def compose() -> list[Degraded]:
        with degraded() as found:
            await asyncio.gather(asyncio.to_thread(bakery.spare_loaf, 1), asyncio.to_thread(bakery.loaves))
        return found

    assert {each.call for each in asyncio.run(compose())} == {"bakery.spare_loaf", "bakery.loaves"}


def test_a_kept_answer_grows_too_old() -> None:
    clock = Clock()
    fallback = OperationFallback(cached(seconds=60), call="bakery.loaf", clock=clock)
    fallback.keep("7", "loaf")
    clock.now += 60
    assert fallback.answer("7", DOWN) == ("loaf", "cached")

    clock.now += 0.1

    with pytest.raises(ServiceUnavailable):
        fallback.answer("7", DOWN)


def test_kept_answers_are_bounded_and_the_oldest_goes_first() -> None:
    fallback = OperationFallback(Cached(seconds=60, entries=2), call="bakery.loaf", clock=Clock())
    fallback.keep("1", "a")
    fallback.keep("2", "b")
    fallback.keep("1", "a again")
    fallback.keep("3", "c")

    assert fallback.answer("1", DOWN)[0] == "a again"
    with pytest.raises(ServiceUnavailable):
        fallback.answer("2", DOWN)


def test_both_colours_share_one_breaker() -> None:
    bakery = _bakery(Scripted(DOWN), rules=BreakerRules(min_calls=1))
    with pytest.raises(ServiceUnavailable):
        bakery.loaf(7)

    with pytest.raises(BreakerOpen):
        asyncio.run(bakery.loaf_async(7))


def test_a_cancelled_task_gives_its_place_back() -> None:
    shared = policy(maximum=1)

    class Hanging(Scripted):
        async def send_async(self, *_: object) -> Answer:  # type: ignore[explicit-override]  # a test
            return await asyncio.Future()

    bakery = client_of(Bakery, transport=Hanging(GOOD), policy=lambda _: shared)

    async def cancel() -> int:
        task = asyncio.create_task(bakery.loaf_async(7))
        await asyncio.sleep(0)
        taken = shared.bulkhead.outstanding
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return taken

    assert asyncio.run(cancel()) == 1
    assert shared.bulkhead.outstanding == 0
    assert shared.breaker.snapshot().calls == 0


def test_who_watches_is_told_how_every_call_ended() -> None:
    facts: list[watch.Fact] = []
    bakery = _bakery(Scripted(GOOD, MISSING, DOWN))

    with watch.watching(facts.append):
        bakery.kept_loaf(7)
        with pytest.raises(CallRejected):
            bakery.kept_loaf(7)
        bakery.kept_loaf(7)

    ends = [(fact.operation, fact.outcome, fact.substitute) for fact in facts if isinstance(fact, watch.CallEnded)]
    assert ends == [
        ("kept_loaf", "answered", ""),
        ("kept_loaf", "rejected", ""),
        ("kept_loaf", "ServiceUnavailable", "cached"),
    ]


def test_the_settings_make_the_policy_and_a_moving_breaker_is_told(settings: Any) -> None:
    settings.POSTROAD = {"CALL_BULKHEAD": 3, "CALL_DEADLINE_SECONDS": 0.25, "CALL_ATTEMPTS": 1, "BREAKER_MIN_CALLS": 1}
    shared = new_policy("bakery")
    bakery = client_of(Bakery, transport=Scripted(DOWN), policy=lambda _: shared)
    facts: list[watch.Fact] = []

    with watch.watching(facts.append), pytest.raises(ServiceUnavailable):
        bakery.loaf(7)

    assert facts[0] == watch.BreakerMoved(service="bakery", before=State.CLOSED, after=State.OPEN)
    assert shared.deadline_seconds == 0.25


def test_a_service_has_one_policy_in_a_process() -> None:
    assert policy_of("some_service") is policy_of("some_service")
    assert policies()["some_service"] is policy_of("some_service")
