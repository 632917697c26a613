"""Instances → document, in the form of Eureka's own server."""

from collections.abc import Iterable, Mapping

from postroad.calls.discovery.eureka.applications import Applications
from postroad.calls.discovery.eureka.fields import Document
from postroad.calls.discovery.eureka.instance import DataCenter, Instance, Lease, Port

_NO_METADATA = {"@class": "java.util.Collections$EmptyMap"}  # Java readers expect this for an empty table


def write_instance(instance: Instance) -> Document:
    """Return `{"instance": {…}}`."""
    return {"instance": _instance(instance)}


def write_application(name: str, instances: Iterable[Instance]) -> Document:
    """Return `{"application": {…}}`."""
    return {"application": _application(name, instances)}


def write_applications(applications: Applications) -> Document:
    """Return `{"applications": {…}}`, the applications by name."""
    by_app: dict[str, list[Instance]] = {}
    for instance in applications.instances:
        by_app.setdefault(instance.app, []).append(instance)
    return {
        "applications": {
            "versions__delta": str(applications.version),
            "apps__hashcode": applications.hashcode,
            "application": [_application(name, instances) for name, instances in sorted(by_app.items())],
        }
    }


def _application(name: str, instances: Iterable[Instance]) -> Document:
    return {"name": name, "instance": [_instance(instance) for instance in instances]}


def _instance(instance: Instance) -> Document:
    texts = {
        "vipAddress": instance.vip,
        "secureVipAddress": instance.secure_vip,
        "isCoordinatingDiscoveryServer": "false",
        **instance.extras,
    }
    return {
        "instanceId": instance.id,
        "hostName": instance.host,
        "app": instance.app,
        "ipAddr": instance.address,
        "status": instance.status.value,
        "overriddenstatus": instance.overridden.value,
        "port": _port(instance.port),
        "securePort": _port(instance.secure_port),
        "countryId": instance.country_id,
        "dataCenterInfo": _data_center(instance.data_center),
        "leaseInfo": _lease(instance.lease),
        "metadata": _metadata(instance.metadata),
        **{key: text for key, text in texts.items() if text},
        "lastUpdatedTimestamp": str(instance.updated_ms),
        "lastDirtyTimestamp": str(instance.dirty_ms),
        "actionType": instance.action.value,
    }


def _port(port: Port) -> Document:
    return {"$": port.number, "@enabled": "true" if port.is_enabled else "false"}


def _data_center(data_center: DataCenter) -> Document:
    written: dict[str, object] = {"@class": data_center.class_name, "name": data_center.name}
    if data_center.metadata:
        written["metadata"] = dict(data_center.metadata)
    return written


def _lease(lease: Lease) -> Document:
    return {
        "renewalIntervalInSecs": lease.renewal_seconds,
        "durationInSecs": lease.duration_seconds,
        "registrationTimestamp": lease.registered_ms,
        "lastRenewalTimestamp": lease.renewed_ms,
        "evictionTimestamp": lease.evicted_ms,
        "serviceUpTimestamp": lease.up_ms,
    }


def _metadata(metadata: Mapping[str, str]) -> Document:
    return dict(metadata) or _NO_METADATA
