"""A client of the kitchen in plain AMQP: nothing of Postroad is imported.  Prints the answers as JSON lines.

    python plain_client.py HOST USER PASSWORD < requests.jsonl

A request: {"exchange", "route", "body" (text), "properties" {…}, "headers" {…}, "wants_answer"}.
"""

import json
import sys
import time
from typing import Any

import amqp

WAIT_SECONDS = 30


def main(host: str, user: str, password: str) -> None:
    """Publish every request, then print as many answers as were asked for."""
    answers: list[dict[str, Any]] = []

    def take(message: amqp.Message) -> None:
        answers.append({"body": json.loads(message.body), "headers": message.headers, "properties": message.properties})
        message.channel.basic_ack(message.delivery_tag)

    with amqp.Connection(host=host, userid=user, password=password, virtual_host="/") as connection:
        channel = connection.channel()
        mine, _, _ = channel.queue_declare("", exclusive=True)
        channel.basic_consume(mine, callback=take)
        wanted = 0
        for line in sys.stdin:
            request = json.loads(line)
            properties = dict(request["properties"])
            if request["wants_answer"]:
                properties["reply_to"], wanted = mine, wanted + 1
            message = amqp.Message(
                request["body"], application_headers=request["headers"], delivery_mode=2, **properties
            )
            channel.basic_publish(message, request["exchange"], request["route"])
        deadline = time.monotonic() + WAIT_SECONDS
        while len(answers) < wanted and time.monotonic() < deadline:
            try:
                connection.drain_events(timeout=1)
            except TimeoutError:
                continue
    for answer in answers:
        answer["properties"].pop("application_headers", None)
        print(json.dumps(answer, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
