"""The overlays of k8s/ and the chart describe the same system; a difference is said by name and path."""

from base64 import b64encode
from copy import deepcopy

from tests.support.helm import Rendered, render
from tests.support.kustomize import build
from tests.support.likeness import differences
from tests.support.manifests import DEV, Object, of_kind, one

TWO = {"replicas": 2, "pdb": {"enabled": True}}
OIDC = {
    "auth": "oidc",
    "oidc": {"issuer": "https://id.example", "audience": "shop", "jwksUrl": "https://id.example/keys"},
}
PRODUCTION: Object = {
    "gateway": OIDC,
    "image": {"repository": "registry.example/shop/postroad", "tag": "1.4.2"},
    "admin": {"existingSecret": "postroad-admin"},
    "defaults": {
        "secretKey": {"existingSecret": "postroad-{{ .service }}", "key": "SECRET_KEY"},
        "database": {
            "host": "postgresql.example",
            "user": "postroad",
            "options": "sslmode=require",
            "existingSecret": "postroad-{{ .service }}",
            "keys": {"password": "DATABASE_PASSWORD"},
        },
        "broker": {
            "host": "rabbitmq.example",
            "port": 5671,
            "tls": True,
            "user": "postroad",
            "vhost": "shop",
            "existingSecret": "postroad-{{ .service }}",
            "keys": {"password": "BROKER_PASSWORD"},
        },
        "web": TWO,
        "worker": TWO,
        "relay": TWO,
        "grpc": TWO,
    },
    "services": {
        "orders": {
            "web": {"resources": {"requests": {"cpu": "200m", "memory": "192Mi"}, "limits": {"memory": "384Mi"}}}
        }
    },
}
STORING = ("orders", "consumers", "kitchen", "accounting", "restaurants", "delivery", "order-history")


def secret(name: str, *keys: str) -> Object:
    data = {key: b64encode(f"{name}/{key}".encode()).decode() for key in keys}
    return {"kind": "Secret", "metadata": {"name": f"postroad-{name}", "labels": {}}, "data": data}


EXISTING = [
    secret("admin", "password"),
    secret("gateway", "SECRET_KEY"),
    *(secret(service, "SECRET_KEY", "DATABASE_PASSWORD", "BROKER_PASSWORD") for service in STORING),
]


def beside_existing_secrets(rendered: Rendered) -> Rendered:
    return Rendered(objects=[*rendered.objects, *EXISTING], notes="")


def queues(rendered: Rendered) -> dict[str, str]:
    """Return the target of each ScaledObject, and the queues it looks at."""
    scalers = [found["spec"] for found in of_kind(rendered, "ScaledObject")]
    return {spec["scaleTargetRef"]["name"]: spec["triggers"][0]["metadata"]["queueName"] for spec in scalers}


def test_the_overlay_dev_is_the_chart_in_dev_mode() -> None:
    assert differences(build("dev"), render(DEV, release="postroad")) == []


def test_the_overlay_production_is_the_chart_with_existing_secrets_and_two_of_everything() -> None:
    chart = render(PRODUCTION, release="postroad")

    assert differences(beside_existing_secrets(build("production")), beside_existing_secrets(chart)) == []


def test_the_network_policies_are_the_charts() -> None:
    ours = of_kind(build("networkpolicy"), "NetworkPolicy")
    theirs = of_kind(
        render({**DEV, "networkPolicy": {"enabled": True}, "gateway": OIDC}, release="postroad"), "NetworkPolicy"
    )

    assert differences(Rendered(objects=ours, notes=""), Rendered(objects=theirs, notes="")) == []


def test_keda_scales_the_same_workers_by_the_same_queues_as_in_the_chart() -> None:
    chart = render({**DEV, "defaults": {"worker": {"keda": {"enabled": True}}}}, release="postroad")

    assert queues(build("keda")) == queues(chart)


def test_a_difference_is_said_by_name_and_path() -> None:
    changed = deepcopy(build("dev"))
    one(changed, "Deployment", "postroad-orders-web")["spec"]["template"]["spec"]["containers"][0]["ports"] = []
    one(changed, "ConfigMap", "postroad-gateway")["data"]["LOG_LEVEL"] = "DEBUG"
    one(changed, "ServiceAccount", "postroad-kitchen")["metadata"]["name"] = "cook"

    found = "\n".join(differences(changed, build("dev")))

    pod = "spec.template.spec.containers.web"
    assert f"Deployment postroad-orders-web.{pod}.ports" in found
    assert f"Deployment postroad-gateway-web.{pod}.env.LOG_LEVEL: 'DEBUG', not 'INFO'" in found
    assert "ServiceAccount cook" in found
    assert "ServiceAccount postroad-kitchen: None, not" in found
