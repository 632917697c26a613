"""Eureka's REST operations, one view per resource.  See also: `apps.registry.store`, which implements them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View
from typing_extensions import override

from apps.registry.clients import ASKED, is_known
from apps.registry.formats import answer, done, read_body, refusal
from apps.registry.state import registry
from postroad.calls.discovery.eureka.fields import check_key, check_text, read_number
from postroad.calls.discovery.eureka.instance import Instance
from postroad.calls.discovery.eureka.reader import read_instance, read_status
from postroad.calls.discovery.eureka.writer import write_application, write_applications, write_instance
from postroad.errors import InstanceTooLarge, InvalidInstance, RegistryFull


@method_decorator(csrf_exempt, name="dispatch")
class RegistryView(View):
    """Base of the views: an unauthenticated client is answered 401, and a refused request gets the reason."""

    @override
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_known(request):
            return refusal(401, ASKED, {"WWW-Authenticate": 'Basic realm="service registry"'})
        try:
            return super().dispatch(request, *args, **kwargs)
        except InstanceTooLarge as error:
            return refusal(413, str(error))
        except RegistryFull as error:
            return refusal(507, str(error))
        except InvalidInstance as error:
            return refusal(400, str(error))


class AppsView(RegistryView):
    """All instances."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        return answer(request, write_applications(registry().everything()))


class DeltaView(RegistryView):
    """The instances that changed recently."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them, and the hashcode of all."""
        return answer(request, write_applications(registry().changed()))


class AppView(RegistryView):
    """One application."""

    def get(self, request: HttpRequest, app: str) -> HttpResponse:
        """Show its instances."""
        instances = registry().select(lambda instance: instance.app == app.upper()).instances
        if not instances:
            return refusal(404, f"no instance of {app.upper()!r} is registered.")
        return answer(request, write_application(app.upper(), instances))

    def post(self, request: HttpRequest, app: str) -> HttpResponse:
        """Register an instance."""
        registry().register(read_instance(read_body(request), app=app))
        return done(status=204)


class InstanceView(RegistryView):
    """One instance of an application."""

    def get(self, request: HttpRequest, app: str, instance_id: str) -> HttpResponse:
        """Show it."""
        instance = registry().find(app, instance_id)
        return _unknown(instance_id) if instance is None else answer(request, write_instance(instance))

    def put(self, request: HttpRequest, app: str, instance_id: str) -> HttpResponse:
        """Renew its lease; 404, without a body, asks it to register: Netflix's client would read a body as an instance."""
        changed = request.GET.get("lastDirtyTimestamp")
        dirty_ms = read_number({"lastDirtyTimestamp": changed}, "lastDirtyTimestamp", default=0) if changed else None
        return done(status=200 if registry().renew(app, instance_id, dirty_ms=dirty_ms) else 404)

    def delete(self, request: HttpRequest, app: str, instance_id: str) -> HttpResponse:
        """End its lease."""
        return _done_if(registry().cancel(app, instance_id), instance_id)


class StatusView(RegistryView):
    """The status that an operator gives an instance."""

    def put(self, request: HttpRequest, app: str, instance_id: str) -> HttpResponse:
        """Set it: `?value=OUT_OF_SERVICE`."""
        value = request.GET.get("value", "")
        if not value:
            raise InvalidInstance("the parameter 'value' is missing; write status?value=OUT_OF_SERVICE.")
        return _done_if(registry().set_status(app, instance_id, read_status(value)), instance_id)

    def delete(self, request: HttpRequest, app: str, instance_id: str) -> HttpResponse:
        """Remove the operator's status; `?value=UP` is the status until it registers again."""
        value = request.GET.get("value", "")
        fallback = read_status(value) if value else None
        return _done_if(registry().clear_status(app, instance_id, fallback=fallback), instance_id)


class MetadataView(RegistryView):
    """An instance's metadata."""

    def put(self, request: HttpRequest, app: str, instance_id: str) -> HttpResponse:
        """Add each parameter of the query to it."""
        values = {check_key(key): check_text(value, key) for key, value in request.GET.items()}
        return _done_if(registry().set_metadata(app, instance_id, values), instance_id)


class AnyAppInstanceView(RegistryView):
    """An instance, whatever its application."""

    def get(self, request: HttpRequest, instance_id: str) -> HttpResponse:
        """Show it."""
        found = registry().select(lambda instance: instance.id == instance_id).instances
        return answer(request, write_instance(found[0])) if found else _unknown(instance_id)


class VipView(RegistryView):
    """The instances behind a virtual address; of an unknown one an empty list, as Netflix's server answers.

    A client that reads only one address treats a 404 as a failure, and keeps the last instance for ever.
    Source: `AbstractVIPResource` of eureka-core 2.0.6; Eureka's wiki has 404.
    """

    name_of: Callable[[Instance], str] = staticmethod(lambda instance: instance.vip)

    def get(self, request: HttpRequest, vip: str) -> HttpResponse:
        """Show them."""
        found = registry().select(lambda instance: vip.upper() in _names(type(self).name_of(instance)))
        return answer(request, write_applications(found))


class SecureVipView(VipView):
    """The instances behind a virtual address for TLS."""

    name_of = staticmethod(lambda instance: instance.secure_vip)


def _names(text: str) -> list[str]:
    return [name.strip().upper() for name in text.split(",")]


def _done_if(is_known: bool, instance_id: str) -> HttpResponse:  # noqa: FBT001 - reads like a sentence
    return done() if is_known else _unknown(instance_id)


def _unknown(instance_id: str) -> HttpResponse:
    return refusal(404, f"no instance {instance_id!r} is registered here as it says; register it (again).")
