"""The WSGI application: `gunicorn config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from config.chunks import ChunksRead
from postroad.runtime.serving import prepare_to_serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.service")
application = ChunksRead(get_wsgi_application())
prepare_to_serve()
