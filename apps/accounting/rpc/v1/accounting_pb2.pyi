from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Account(_message.Message):
    __slots__ = ("account_id", "consumer_id", "state", "limit", "authorized_total")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Account.State]
        ENABLED: _ClassVar[Account.State]
        DISABLED: _ClassVar[Account.State]
    STATE_UNSPECIFIED: Account.State
    ENABLED: Account.State
    DISABLED: Account.State
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    CONSUMER_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    AUTHORIZED_TOTAL_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    consumer_id: int
    state: Account.State
    limit: str
    authorized_total: str
    def __init__(self, account_id: _Optional[int] = ..., consumer_id: _Optional[int] = ..., state: _Optional[_Union[Account.State, str]] = ..., limit: _Optional[str] = ..., authorized_total: _Optional[str] = ...) -> None: ...

class Bill(_message.Message):
    __slots__ = ("order_id", "account_id", "state", "amount")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Bill.State]
        AUTHORIZED: _ClassVar[Bill.State]
        REFUSED: _ClassVar[Bill.State]
        REVERSED: _ClassVar[Bill.State]
    STATE_UNSPECIFIED: Bill.State
    AUTHORIZED: Bill.State
    REFUSED: Bill.State
    REVERSED: Bill.State
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    order_id: int
    account_id: int
    state: Bill.State
    amount: str
    def __init__(self, order_id: _Optional[int] = ..., account_id: _Optional[int] = ..., state: _Optional[_Union[Bill.State, str]] = ..., amount: _Optional[str] = ...) -> None: ...

class GetAccountRequest(_message.Message):
    __slots__ = ("account_id",)
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    def __init__(self, account_id: _Optional[int] = ...) -> None: ...

class GetBillRequest(_message.Message):
    __slots__ = ("order_id",)
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: int
    def __init__(self, order_id: _Optional[int] = ...) -> None: ...
