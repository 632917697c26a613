"""Runs the demo: prints the saga history of one order, or counts the results of many."""

from apps.tour.client import Services
from apps.tour.demo import follow, place, prepare, wait_for
from apps.tour.story import Story

_SECONDS_AN_ORDER = 1.0
TOO_LARGE = 500
"""Portions of a line item: more than a kitchen takes in one ticket, so that it refuses."""


def tell_one(services: Services, story: Story, *, refuse: str = "") -> bool:
    """Place one order and print its saga history; return whether it ended as expected.

    Raises:
        DemoFailed: The services do not answer, or the order does not end.
    """
    scene = prepare(services, refuse=refuse)
    order = place(services, scene, refuse=refuse, quantity=TOO_LARGE if refuse == "kitchen" else 2)
    journey = None
    for journey in follow(services, order):
        if journey["steps"]:
            if story.is_new:
                story.title(order, journey)
            story.tell(journey)
    if journey is None:
        return False
    story.end(order, journey)
    return bool(journey["state"] == ("REJECTED" if refuse else "APPROVED"))


def tell_many(services: Services, story: Story, *, count: int) -> bool:
    """Place many orders and count how they end; return whether every one ended.

    Raises:
        DemoFailed: The services do not answer.
    """
    scene = prepare(services)
    orders = []
    for number in range(1, count + 1):
        orders.append(place(services, scene))
        story.progress(f"placed {number} of {count}")
    counts = wait_for(
        services,
        orders,
        seconds=30 + count * _SECONDS_AN_ORDER,
        tell=lambda ended, every: story.progress(f"ended {ended} of {every}"),
    )
    story.progress("")
    told = ", ".join(f"{number} {state}" for state, number in counts.items())
    story.line(f"{count} orders placed: {told}. Postroad lost {counts.get('PENDING', 0) or 'nothing'}.")
    return "PENDING" not in counts
