"""Settings that all three ways to run have in common."""

import os
from datetime import timedelta
from pathlib import Path

from config import services
from config.environment import text
from config.logs import logging_from
from config.services import has_gateway, has_registry, installed_services

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR", BASE_DIR / "var"))
SERVICES = installed_services()
ALL_SERVICES = services.SERVICES  # those that a gateway of its own stands before
HAS_GATEWAY = has_gateway()
HAS_REGISTRY = has_registry()
HAS_TOUR = True  # the start page with its figures; a deployment has it if it says so

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "postroad.messaging",
    "postroad.sagas",
    "postroad",
    "postroad.console",
    *(["axes"] if SERVICES else []),  # gateway and registry alone have no admin, and no database
    "apps.shared.hypermedia",
    *(["apps.shared.identity"] if SERVICES or HAS_GATEWAY else []),
    "apps.tour",
    *(f"apps.{service}" for service in SERVICES),
    *(["apps.gateway"] if HAS_GATEWAY else []),
    *(["apps.registry"] if HAS_REGISTRY else []),
]
MIDDLEWARE = [
    *(["apps.gateway.guard.GuardMiddleware"] if HAS_GATEWAY else []),
    "postroad.web.probes.ProbeMiddleware",
    "postroad.web.deadlines.DeadlineMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    *(["axes.middleware.AxesMiddleware"] if SERVICES else []),
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
STATIC_URL = "static/"
COLLECTED = Path(text("STATIC_ROOT", str(BASE_DIR / "static")))  # an image has its static files here
STATIC_ROOT = COLLECTED if COLLECTED.is_dir() else None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
DEBUG = False

# After too many failed logins, the admin is locked for a while.  Failures are counted by name and address together, so a
# stranger cannot lock out a user from elsewhere.  They are counted in the database, which all processes share.
if SERVICES:
    AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # who tries on in vain waits no longer than the page says
AXES_CLIENT_IP_CALLABLE = "config.lockout.client_address"
AXES_LOCKOUT_TEMPLATE = "tour/locked.html"
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True  # successful logins are not recorded; the counters are enough
AXES_VERBOSE = False

GRPC = {  # part of POSTROAD
    "GRPC_HOST": os.environ.get("GRPC_HOST", "127.0.0.1"),
    "GRPC_PORT": os.environ.get("GRPC_PORT", "9000"),
}

LOGGING = logging_from("INFO")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],  # who may ask is the gateway's question
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.shared.rest.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.shared.rest.exception_handler",
    "UNAUTHENTICATED_USER": None,
}

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": "none"},  # or it sends our address to swagger.io
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.shared.hypermedia.protocol.deprecation.mark_deprecated",
    ],
    "SCHEMA_PATH_PREFIX": "(/[a-z_]+)?/v[0-9]+",
    "ENUM_NAME_OVERRIDES": {  # two fields of one name in the document of accounting
        "AccountStateEnum": "apps.accounting.domain.AccountState",
        "BillStateEnum": "apps.accounting.domain.BillState",
    },
}

LOGIN_REDIRECT_URL = "admin:index"
UNFOLD = {
    "SITE_TITLE": "Postroad",
    "SITE_HEADER": "Postroad",
    "SITE_SYMBOL": "local_post_office",
    "SITE_FAVICONS": [{"rel": "icon", "href": "/static/tour/icon.svg", "type": "image/svg+xml"}],
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {
        "primary": {
            "50": "oklch(97.4% .014 240)",
            "100": "oklch(94% .032 240)",
            "200": "oklch(88.5% .06 240)",
            "300": "oklch(80.5% .105 240)",
            "400": "oklch(71% .145 242)",
            "500": "oklch(61.5% .16 245)",
            "600": "oklch(53.5% .155 248)",
            "700": "oklch(46.5% .135 249)",
            "800": "oklch(40.5% .11 250)",
            "900": "oklch(35.5% .085 252)",
            "950": "oklch(26.5% .065 255)",
        },
    },
    "SIDEBAR": {"show_search": True, "navigation": "postroad.console.navigation.sidebar"},
}
