"""Run the steps that a policy decides: in a thread, or in an asyncio task."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import TypeVar

from postroad.calls.policies.policy import Attempt, Steps, Wait
from postroad.calls.transport import Answer
from postroad.errors import PostroadError

T = TypeVar("T")


def run(steps: Steps[T], send: Callable[[float], Answer], *, sleep: Callable[[float], None] = time.sleep) -> T:
    """Run the steps in this thread and return their result.

    `closing` returns place and permit at any end, also at a `KeyboardInterrupt`.
    """
    with closing(steps):
        try:
            effect = next(steps)
            while True:
                answer = None
                try:
                    match effect:
                        case Attempt():
                            answer = send(effect.timeout_seconds)
                        case Wait():
                            sleep(effect.seconds)
                except PostroadError as error:
                    effect = steps.throw(error)
                else:
                    effect = steps.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result


async def run_async(steps: Steps[T], send: Callable[[float], Awaitable[Answer]]) -> T:
    """Run the steps in this task and return their result; a cancelled task returns place and permit at once."""
    with closing(steps):
        try:
            effect = next(steps)
            while True:
                answer = None
                try:
                    match effect:
                        case Attempt():
                            answer = await send(effect.timeout_seconds)
                        case Wait():
                            await asyncio.sleep(effect.seconds)
                except PostroadError as error:
                    effect = steps.throw(error)
                else:
                    effect = steps.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
