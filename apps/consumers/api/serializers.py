"""Bodies of the REST API of consumers, in and out."""

from apps.shared.fields import CamelSerializer, IdField, TextField


class NameSerializer(CamelSerializer):
    """What a consumer is called."""

    first_name = TextField(max_length=100)
    last_name = TextField(max_length=100)


class CreateConsumerSerializer(CamelSerializer):
    """A consumer who registers."""

    name = NameSerializer()


class ConsumerCreatedSerializer(CamelSerializer):
    """The new consumer's id."""

    consumer_id = IdField(source="pk")


class ConsumerSerializer(CamelSerializer):
    """A consumer."""

    consumer_id = IdField(source="pk")
    name = NameSerializer(source="*")
