"""The tables of what services offer by gRPC."""

import sys
from types import ModuleType

import pytest
from django.apps import apps
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError

from postroad.calls.grpc.servicer import find_servicers
from postroad.errors import InvalidDeclaration


def test_each_installed_service_offers_what_is_in_its_table() -> None:
    assert {servicer.name: servicer.owner for servicer in find_servicers()} == {
        "postroad.orders.v1.Orders": "orders",
        "postroad.kitchen.v1.Kitchen": "kitchen",
        "postroad.accounting.v1.Accounting": "accounting",
    }


def test_a_process_without_any_is_told_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    get_commands()  # Django finds them once, in the applications that are hidden next
    monkeypatch.setattr(apps, "get_app_configs", list)

    with pytest.raises(CommandError, match=r"no installed service offers gRPC: add rpc/servicer.py"):
        call_command("grpc")


def test_a_module_without_table_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apps.orders.rpc.servicer", ModuleType("apps.orders.rpc.servicer"))

    with pytest.raises(InvalidDeclaration, match=r"apps\.orders\.rpc\.servicer has no table SERVICERS"):
        find_servicers()
