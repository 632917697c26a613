"""Who is a member of the group of workers that share a service's queues."""

from typing import Any

import pytest

from postroad.ids import digest
from postroad.worker.members import LOST_SECONDS, Announcement, Members
from tests.support.registry import HandClock


def event(name: str, **others: Any) -> dict[str, Any]:
    """Return an event as Celery delivers it."""
    said = Announcement(member=name, node="celery@host", service="s", topology="t")
    return {"type": "worker-postroad", "hostname": "celery@host", **said.fields(), **others}


def test_a_digest_does_not_depend_on_the_order_of_names() -> None:
    assert digest(["a", "b"]) == digest(["b", "a"]) != digest(["ab"])


def test_what_a_worker_says_is_read_as_it_was_said() -> None:
    said = Announcement(
        member="m", node="celery@host", service="s", topology="t", bindings="b", queues=("q.0",), is_leaving=True
    )

    assert Announcement.read({**said.fields(), "hostname": "celery@host"}) == said


@pytest.mark.parametrize(
    "garbage",
    [None, [], "x", {}, {"queues": []}, event("m", queues="q"), event("m", queues=[1]), event("m", member=5),
     event("m", topology=None), event("m", hostname=["x"]), event("m", service={})],
)  # fmt: skip
def test_what_is_no_announcement_is_refused(garbage: object) -> None:
    with pytest.raises(ValueError, match="announcement"):
        Announcement.read(garbage)


def test_members_serve_the_same_queues_whatever_they_are_called() -> None:
    members = Members("me")
    for given in (event("me"), event("two"), event("three"), event("other", topology="another")):
        members.hear(Announcement.read(given))

    assert members.peers("t") == {"two": "celery@host", "three": "celery@host"}


def test_a_new_member_is_told_from_a_known_one() -> None:
    members = Members("me")

    assert [members.hear(Announcement.read(event(name))) for name in ("two", "two", "me", "three")] == [
        True,
        False,
        False,
        True,
    ]


def test_who_leaves_or_is_silent_is_no_member() -> None:
    clock = HandClock()
    members = Members("me", clock=clock)
    for name in ("two", "three"):
        members.hear(Announcement.read(event(name)))
    members.hear(Announcement.read(event("two", is_leaving=True)))
    after_leave = members.peers("t")
    clock.pass_by(LOST_SECONDS)

    assert list(after_leave) == ["three"]
    assert members.peers("t") == {}


def test_a_flood_of_announcements_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postroad.worker.members._MAX_WORKERS", 3)
    members = Members("me")
    for number in range(10):
        members.hear(Announcement.read(event(str(number))))

    assert len(members.others()) == 3
