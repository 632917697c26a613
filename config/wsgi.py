"""The WSGI application of a service, which `config.web` serves; any WSGI server may."""

import os

from django.core.wsgi import get_wsgi_application

from postroad.web.serving import prepare_to_serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.service")
application = get_wsgi_application()
prepare_to_serve()
