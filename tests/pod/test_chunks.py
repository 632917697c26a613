"""Bodies in chunks, as gunicorn hands them on: without a length, in a stream that ends where the last chunk does."""

import io
import json
from typing import Any
from unittest.mock import Mock

import pytest
from django.test import RequestFactory
from gunicorn.http.errors import InvalidChunkSize, NoMoreData

from config.chunks import ChunksRead
from config.wsgi import application

pytestmark = pytest.mark.django_db(transaction=True)  # a request looks at the connections when it begins and ends
CONSUMER = {"name": {"firstName": "Ada", "lastName": "Lovelace"}}
CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}


def send(path: str, stream: Any) -> tuple[str, Any]:
    """Post what a stream has, and return status and answer."""
    environ = RequestFactory().post(path, content_type="application/json").environ
    started = Mock()
    answer = b"".join(application({**environ, **CHUNKED, "wsgi.input": stream}, started))
    return started.call_args.args[0], json.loads(answer)


@pytest.mark.parametrize(("path", "status"), [("/v1/consumers", "200 OK"), ("/v2/consumers", "201 Created")])
def test_a_body_in_chunks_is_read_whole(path: str, status: str) -> None:
    assert send(path, io.BytesIO(json.dumps(CONSUMER).encode()))[0] == status


@pytest.mark.parametrize("path", ["/v1/consumers", "/v2/consumers"])
@pytest.mark.parametrize("failure", [InvalidChunkSize(b"zz"), NoMoreData()])
def test_broken_chunks_are_400(path: str, failure: Exception) -> None:
    status, answer = send(path, Mock(read=Mock(side_effect=failure)))

    assert status == "400 Bad Request"
    assert "The body cannot be read to its end." in str(answer)


@pytest.mark.parametrize("path", ["/v1/consumers", "/v2/consumers"])
def test_more_chunks_than_any_body_may_have_are_413_and_not_all_read(path: str) -> None:
    stream = io.BytesIO(b"a" * 9_000_000)

    assert send(path, stream)[0].startswith("413 ")
    assert stream.tell() < 3_000_000


def test_without_a_limit_of_djangos_a_body_is_read_whole(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None

    assert send("/v1/consumers", io.BytesIO(json.dumps(CONSUMER).encode()))[0] == "200 OK"


@pytest.mark.parametrize(
    "other", [{"HTTP_TRANSFER_ENCODING": ""}, {"wsgi.input_terminated": False}, {"CONTENT_LENGTH": "3"}]
)
def test_what_has_no_body_in_chunks_is_left_alone(other: dict[str, Any]) -> None:
    inner, stream = Mock(), io.BytesIO(b"abc")

    ChunksRead(inner)({**CHUNKED, "wsgi.input": stream, **other}, Mock())

    assert inner.call_args.args[0]["wsgi.input"] is stream
    assert stream.tell() == 0
