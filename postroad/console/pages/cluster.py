"""A page of the admin that shows the release on Kubernetes; off by default, and it changes nothing there.

The setting CLUSTER_PAGE turns it on; the pod then needs a ServiceAccount whose Role may list deployments, pods and
events, and for the lag get pods/proxy.
"""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from postroad.errors import PostroadError
from postroad.operations.cluster.connecting import Place, connect
from postroad.operations.cluster.status import Status, look
from postroad.operations.conf import OperationsSettings


def may_see(request: HttpRequest) -> bool:
    """Whether the page is turned on, and the user may see the outbox."""
    return OperationsSettings.current().cluster_page and request.user.has_perm("postroad_messaging.view_outboxmessage")


def cluster_page(request: HttpRequest) -> HttpResponse:
    """Show the state of each service and role, or why it cannot be shown."""
    if not OperationsSettings.current().cluster_page:
        raise Http404("POSTROAD['CLUSTER_PAGE'] is off")
    if not may_see(request):
        raise PermissionDenied
    status, trouble = _look()
    context = {**admin.site.each_context(request), "title": "Cluster", "status": status, "trouble": trouble}
    return TemplateResponse(request, "postroad_console/cluster.html", context)


def _look() -> tuple[Status | None, str]:
    try:
        return look(connect(Place())), ""
    except PostroadError as error:
        return None, str(error)
