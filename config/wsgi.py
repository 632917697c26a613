"""The WSGI application: `gunicorn config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from postroad.runtime.self_registration import register_web_process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.service")
application = get_wsgi_application()
register_web_process()
