"""The ASGI application of the gateway, which `config.web` serves.  See also: `config.wsgi`, which serves the services."""

import os

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.core.signals import request_started
from django.db import close_old_connections, reset_queries

from apps.gateway.bounded import bounded
from postroad.web.serving import prepare_to_serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.service")
application = bounded(ASGIStaticFilesHandler(get_asgi_application()))
prepare_to_serve()

# The gateway has no database; a receiver that is not asynchronous would cost each request the way to a thread and back.
request_started.disconnect(close_old_connections)
request_started.disconnect(reset_queries)
