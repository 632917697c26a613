import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Ticket(_message.Message):
    __slots__ = ("ticket_id", "order_id", "restaurant_id", "state", "line_items", "ready_by")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Ticket.State]
        CREATE_PENDING: _ClassVar[Ticket.State]
        AWAITING_ACCEPTANCE: _ClassVar[Ticket.State]
        ACCEPTED: _ClassVar[Ticket.State]
        PREPARING: _ClassVar[Ticket.State]
        READY_FOR_PICKUP: _ClassVar[Ticket.State]
        PICKED_UP: _ClassVar[Ticket.State]
        CANCEL_PENDING: _ClassVar[Ticket.State]
        CANCELLED: _ClassVar[Ticket.State]
        REVISION_PENDING: _ClassVar[Ticket.State]
    STATE_UNSPECIFIED: Ticket.State
    CREATE_PENDING: Ticket.State
    AWAITING_ACCEPTANCE: Ticket.State
    ACCEPTED: Ticket.State
    PREPARING: Ticket.State
    READY_FOR_PICKUP: Ticket.State
    PICKED_UP: Ticket.State
    CANCEL_PENDING: Ticket.State
    CANCELLED: Ticket.State
    REVISION_PENDING: Ticket.State
    class LineItem(_message.Message):
        __slots__ = ("menu_item_id", "name", "quantity")
        MENU_ITEM_ID_FIELD_NUMBER: _ClassVar[int]
        NAME_FIELD_NUMBER: _ClassVar[int]
        QUANTITY_FIELD_NUMBER: _ClassVar[int]
        menu_item_id: str
        name: str
        quantity: int
        def __init__(self, menu_item_id: _Optional[str] = ..., name: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...
    TICKET_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    RESTAURANT_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LINE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    READY_BY_FIELD_NUMBER: _ClassVar[int]
    ticket_id: int
    order_id: int
    restaurant_id: int
    state: Ticket.State
    line_items: _containers.RepeatedCompositeFieldContainer[Ticket.LineItem]
    ready_by: _timestamp_pb2.Timestamp
    def __init__(self, ticket_id: _Optional[int] = ..., order_id: _Optional[int] = ..., restaurant_id: _Optional[int] = ..., state: _Optional[_Union[Ticket.State, str]] = ..., line_items: _Optional[_Iterable[_Union[Ticket.LineItem, _Mapping]]] = ..., ready_by: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetTicketRequest(_message.Message):
    __slots__ = ("ticket_id",)
    TICKET_ID_FIELD_NUMBER: _ClassVar[int]
    ticket_id: int
    def __init__(self, ticket_id: _Optional[int] = ...) -> None: ...
