"""The parts of the services' answers that the gateway reads.  Other services may not import a service's own types.

Unknown attributes are ignored, and missing ones get defaults (A6).
"""

from typing import Any, Literal

import msgspec


class Part(msgspec.Struct, rename="camel"):
    """Base: camelCase on the wire."""


class Order(Part, omit_defaults=True):
    """`GET /v1/orders/{id}` of orders; a reason is present only after a refusal."""

    order_id: int
    state: str
    order_total: str
    rejection_reason: str = ""
    refused_change: str = ""
    refusal_reason: str = ""


class OrderedLine(Part):
    """One dish of an order."""

    menu_item_id: str
    quantity: int
    name: str = ""
    price: str = ""


class OrderContents(Part):
    """`GET /v1/orders/{id}/contents` of orders."""

    order_id: int
    consumer_id: int
    restaurant_id: int
    delivery_time: str = ""
    line_items: list[OrderedLine] = []


class OrderId(Part):
    """The answer to a new order."""

    order_id: int


class TicketLine(Part):
    """One dish of a ticket."""

    menu_item_id: str
    quantity: int
    name: str = ""


class Ticket(Part):
    """`GET /v1/tickets/{id}` of the kitchen."""

    ticket_id: int
    order_id: int
    restaurant_id: int
    state: str
    line_items: list[TicketLine] = []
    ready_by: str | None = None


class DeliveryState(Part):
    """The id and state of a delivery."""

    id: int
    state: str


class CourierAction(Part):
    """An action of a courier, and its time."""

    type: str
    time: str


class Delivery(Part):
    """`GET /v1/deliveries/{id}` of delivery."""

    delivery_info: DeliveryState
    assigned_courier: int | None = None
    courier_actions: list[CourierAction] = []


class DeliveryInfo(Part):
    """A delivery as the composed order shows it: flat, without nesting."""

    id: int
    state: str
    assigned_courier: int | None
    courier_actions: list[CourierAction]

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryInfo":
        """Return a delivery in flat form."""
        info = delivery.delivery_info
        return cls(
            id=info.id,
            state=info.state,
            assigned_courier=delivery.assigned_courier,
            courier_actions=delivery.courier_actions,
        )


class Bill(Part):
    """`GET /v1/bills/{orderId}` of accounting."""

    order_id: int
    account_id: int
    state: str
    amount: str


class OrderDetails(Part, kw_only=True, omit_defaults=True):
    """An order as the gateway composes it; a part that does not exist is absent, `degraded` names the parts that failed."""

    order_info: Order
    ticket_info: Ticket | None = None
    delivery_info: DeliveryInfo | None = None
    bill_info: Bill | None = None
    degraded: list[Literal["ticketInfo", "deliveryInfo", "billInfo"]]


class Courier(Part):
    """`GET /v1/couriers/{id}` of delivery."""

    courier_id: int
    available: bool


class Availability(Part):
    """The request body with a courier's availability for further deliveries."""

    available: bool


class Name(Part):
    """The name of a consumer."""

    first_name: str
    last_name: str


class Consumer(Part):
    """`GET /v1/consumers/{id}` of consumers."""

    consumer_id: int
    name: Name


class NewConsumer(Part):
    """The body of `POST /v1/consumers`."""

    name: Name


class ConsumerId(Part):
    """The answer to a new consumer."""

    consumer_id: int


class MenuItem(Part):
    """One dish of a menu."""

    id: str
    name: str
    price: str


class Menu(Part):
    """A whole menu."""

    menu_items: list[MenuItem] = []


class Restaurant(Part):
    """`GET /v1/restaurants/{id}` of restaurants."""

    id: int
    name: str
    menu: Menu = msgspec.field(default_factory=Menu)


class ListedRestaurant(Part):
    """A restaurant in the list of all."""

    id: int
    name: str


class RestaurantPage(Part):
    """`GET /v1/restaurants` of restaurants."""

    restaurants: list[ListedRestaurant]
    start_key: str | None = None


class ListedOrder(Part):
    """An order in the history; only its id is read here, the order itself is fetched from its owner."""

    order_id: int


class OrderPage(Part):
    """`GET /v1/orders` of order_history."""

    orders: list[ListedOrder]
    start_key: str | None = None


Body = dict[str, Any]
"""A body that the owner checks."""
