"""Settings while an image is built: `collectstatic` needs no secret, no database and no broker.  Serves nothing."""

from config.settings.base import *

SECRET_KEY = "only-for-the-build"  # noqa: S105 - no secret: nothing is signed
DATABASES: dict[str, object] = {}
STATIC_ROOT = COLLECTED
