"""The metrics of this process, and `/metrics`, which serves them to Prometheus."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from postroad.extras import needs_extra
from postroad.metrics.conf import MetricsSettings

with needs_extra("metrics"):
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)


def metrics(_request: HttpRequest) -> HttpResponse:
    """Answer all metrics in Prometheus's text format; 404 if METRICS_PORT is set, so that only that port serves them."""
    if MetricsSettings.current().metrics_port:
        return HttpResponse("The figures are on METRICS_PORT.\n", status=404, content_type="text/plain; charset=utf-8")
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_PLAIN_0_0_4)


urlpatterns = [path("metrics", metrics, name="metrics")]
