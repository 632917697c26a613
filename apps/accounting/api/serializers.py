"""Bodies of the REST API of accounting, all of them out.  See also: `domain`, which has the rules."""

from rest_framework import serializers

from apps.accounting.domain import AccountState, BillState
from apps.shared.fields import CamelSerializer, IdField, MoneyField


class AccountSerializer(CamelSerializer):
    """An account, which has its consumer's id."""

    account_id = IdField(source="pk")
    consumer_id = IdField()
    state = serializers.ChoiceField(choices=[state.value for state in AccountState])
    limit = MoneyField()
    authorized_total = MoneyField()


class BillSerializer(CamelSerializer):
    """What an order is charged: the present amount, or the one that was refused or given back."""

    order_id = IdField()
    account_id = IdField()
    state = serializers.ChoiceField(choices=[state.value for state in BillState])
    amount = MoneyField()
