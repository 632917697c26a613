from postroad.worker.jam import JamWatch


def test_a_worker_with_messages_that_runs_nothing_for_too_long_is_jammed() -> None:
    watch = JamWatch(patience_seconds=60)

    seen = [watch.is_jammed(now, is_waiting=True, is_running=False) for now in (100, 130, 159, 160)]

    assert seen == [False, False, False, True]


def test_anything_that_runs_and_any_rest_begin_the_count_again() -> None:
    watch = JamWatch(patience_seconds=60)
    watch.is_jammed(100, is_waiting=True, is_running=False)
    watch.is_jammed(150, is_waiting=True, is_running=True)
    watch.is_jammed(155, is_waiting=True, is_running=False)
    watch.is_jammed(200, is_waiting=False, is_running=False)
    watch.is_jammed(205, is_waiting=True, is_running=False)

    assert not watch.is_jammed(264, is_waiting=True, is_running=False)
    assert watch.is_jammed(265, is_waiting=True, is_running=False)
