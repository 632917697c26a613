"""Bodies of the REST API of accounting, all of them out.  Not: rules, which are `domain`."""

from rest_framework import serializers

from apps.accounting.domain import AccountState
from apps.fields import CamelSerializer, IdField, MoneyField


class AccountSerializer(CamelSerializer):
    """An account, which has its consumer's id."""

    account_id = IdField(source="pk")
    consumer_id = IdField()
    state = serializers.ChoiceField(choices=[state.value for state in AccountState])
    limit = MoneyField()
    authorized_total = MoneyField()
