"""Starts the metrics server on METRICS_PORT, if it is set.  See also: `server`, which needs prometheus-client."""

from typing import Any

from django.utils.module_loading import import_string

from postroad.errors import InvalidSetting
from postroad.metrics.conf import MetricsSettings


def serve_metrics(**options: Any) -> None:
    """Serve `/metrics` on METRICS_PORT; `options` are those of `metrics_server.serve`.

    Raises:
        InvalidSetting: The port is taken, or prometheus-client is missing.
    """
    port = MetricsSettings.current().metrics_port
    if not port:
        return
    try:
        serve = import_string("postroad.metrics.server.serve")
    except ModuleNotFoundError as error:
        raise InvalidSetting(
            f"METRICS_PORT is {port}, and {error.name} is missing; pip install 'postroad[metrics]', or set it to 0."
        ) from error
    serve(port, **options)
