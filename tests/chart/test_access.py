"""Nobody opens the gateway without saying who may call, and every service is told; the registry asks for a password."""

import shutil
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.helm import CHART, Refused, helm, render
from tests.support.manifests import (
    DEV,
    containers,
    example,
    of_kind,
    one,
    pod_specs,
    secret_texts,
    secrets,
    variables,
)

ROUTE = {"enabled": True, "parentRefs": [{"name": "public"}], "hostnames": ["shop.example"]}
WAYS_IN: list[dict[str, Any]] = [
    {"ingress": {"enabled": True, "host": "shop.example"}},
    {"httpRoute": ROUTE},
    {"services": {"gateway": {"service": {"type": "LoadBalancer"}}}},
    {"services": {"gateway": {"service": {"type": "NodePort"}}}},
    {"defaults": {"service": {"type": "LoadBalancer"}}},
]
OIDC = {"issuer": "https://id.example", "audience": "shop", "jwksUrl": "https://id.example/keys"}
CONFIGURED: list[dict[str, Any]] = [
    {"auth": "none"},
    {"auth": "oidc", "oidc": OIDC},
    {"auth": "api_key", "apiKeys": {"value": "office:0123456789abcdef:staff"}},
    {"auth": "api_key", "apiKeys": {"existingSecret": "keys"}},
]


@pytest.mark.parametrize("way_in", WAYS_IN)
def test_a_way_in_without_a_word_on_who_may_call_is_refused(way_in: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"gateway\.auth is not said.*gateway\.auth=none"):
        render({**DEV, **way_in})


@pytest.mark.parametrize("gateway", CONFIGURED)
@pytest.mark.parametrize("way_in", WAYS_IN)
def test_a_way_in_with_a_word_is_made(way_in: dict[str, Any], gateway: dict[str, Any]) -> None:
    rendered = render({**DEV, **way_in, "gateway": gateway})

    assert one(rendered, "ConfigMap", "shop-gateway")["data"]["GATEWAY_AUTH"] == gateway["auth"]


def test_without_a_way_in_or_without_a_gateway_nothing_has_to_be_said() -> None:
    closed = render(DEV)
    without = render({**DEV, "ingress": {"enabled": True, "host": "a"}, "services": {"gateway": {"enabled": False}}})

    assert "GATEWAY_AUTH" not in one(closed, "ConfigMap", "shop-gateway")["data"]
    assert of_kind(without, "Ingress") == []


@pytest.mark.parametrize(
    ("gateway", "words"),
    [
        ({"auth": "oidc"}, r"gateway\.oidc\.issuer is empty"),
        ({"auth": "oidc", "oidc": {**OIDC, "audience": ""}}, r"gateway\.oidc\.audience is empty"),
        ({"auth": "oidc", "oidc": {**OIDC, "jwksUrl": ""}}, r"gateway\.oidc\.jwksUrl is empty"),
        ({"auth": "api_key"}, r"gateway\.apiKeys is empty"),
        ({"auth": "basic"}, "gateway.*auth"),
    ],
)
def test_what_cannot_work_is_refused(gateway: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        render({**DEV, "gateway": gateway})


SERVICES = ("accounting", "consumers", "delivery", "gateway", "kitchen", "order-history", "orders", "restaurants")


def configs(rendered: Any) -> dict[str, dict[str, str]]:
    return {name: one(rendered, "ConfigMap", f"shop-{name}")["data"] for name in SERVICES}


def test_every_service_checks_the_issuers_tokens() -> None:
    told = {
        "GATEWAY_AUTH": "oidc",
        "GATEWAY_OIDC_ISSUER": "https://id.example/realms/shop",
        "GATEWAY_OIDC_AUDIENCE": "shop",
        "GATEWAY_OIDC_JWKS_URL": "https://id.example/realms/shop/protocol/openid-connect/certs",
        "GATEWAY_OIDC_ROLES_CLAIM": "realm_access.roles",
        "GATEWAY_OIDC_CONSUMER_CLAIM": "consumer_id",
    }

    assert {name: {key: data.get(key) for key in told} for name, data in configs(example("production")).items()} == (
        dict.fromkeys(SERVICES, told)
    )


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("https://id.example/keys", 443),
        ("http://id.example/keys", 80),
        ("https://id.example:8443/keys", 8443),
        ("http://[::1]:8080/keys", 8080),
    ],
)
def test_policies_let_every_service_fetch_the_issuers_keys(url: str, port: int) -> None:
    values = {**DEV, "networkPolicy": {"enabled": True}, "gateway": {"auth": "oidc", "oidc": {**OIDC, "jwksUrl": url}}}
    rules = one(render(values), "NetworkPolicy", "shop")["spec"]["egress"]

    assert {"ports": [{"protocol": "TCP", "port": port}]} in rules


def references(rendered: Any, variable: str) -> dict[str, tuple[str, str]]:
    """Return where the main container of each pod gets a variable from."""
    found = {}
    for name, spec in pod_specs(rendered):
        for container in containers(spec):
            source = variables({"env": container.get("env", [])}).get(variable)
            if isinstance(source, dict):
                found[name] = (source["secretKeyRef"]["name"], source["secretKeyRef"]["key"])
    return found


API_KEY = {**DEV, "gateway": {"auth": "api_key", "apiKeys": {"value": "office:0123456789abcdef:staff"}}}


def test_only_the_gateway_gets_the_api_keys_and_all_get_the_secret_of_tokens() -> None:
    rendered = render(API_KEY)
    signed = references(rendered, "GATEWAY_TOKEN_SECRET")

    keys = references(rendered, "GATEWAY_API_KEYS")
    assert keys == dict.fromkeys(["shop-gateway-web", "shop-gateway-test-doctor"], ("shop-access", "api-keys"))
    assert set(signed.values()) == {("shop-access", "token-secret")}
    assert {f"shop-{name}-web" for name in SERVICES} <= signed.keys()
    assert secret_texts(rendered)["shop-access/api-keys"] == "office:0123456789abcdef:staff"
    assert len(secret_texts(rendered)["shop-access/token-secret"]) == 48


@pytest.mark.parametrize(
    ("gateway", "there"), [({}, True), ({"auth": "none"}, True), ({"auth": "oidc", "oidc": OIDC}, False)]
)
def test_helm_test_places_an_order_only_where_everybody_may(gateway: dict[str, Any], *, there: bool) -> None:
    names = [name for name, _ in pod_specs(render({**DEV, "gateway": gateway}))]

    assert ("shop-gateway-test-order" in names) is there


def test_a_secret_that_exists_is_read_and_none_is_made() -> None:
    gateway = {
        "auth": "api_key",
        "apiKeys": {"existingSecret": "one", "key": "a"},
        "tokenSecret": {"existingSecret": "two", "key": "b"},
    }
    rendered = render({**DEV, "gateway": gateway})

    assert set(references(rendered, "GATEWAY_API_KEYS").values()) == {("one", "a")}
    assert set(references(rendered, "GATEWAY_TOKEN_SECRET").values()) == {("two", "b")}
    assert "shop-access" not in secrets(rendered)


REGISTRY = {**DEV, "discovery": {"mode": "registry"}}


def test_the_registry_and_its_clients_share_a_generated_password() -> None:
    rendered = render(REGISTRY)
    read = references(rendered, "POSTROAD_REGISTRY_PASSWORD")

    assert set(read.values()) == {("shop-access", "registry-password")}
    assert {"shop-registry-web", "shop-orders-web", "shop-orders-worker", "shop-gateway-web"} <= read.keys()
    assert len(secret_texts(rendered)["shop-access/registry-password"]) == 48


def test_without_the_registry_there_is_no_password() -> None:
    assert "shop-access" not in secrets(render(DEV))
    assert references(render(DEV), "POSTROAD_REGISTRY_PASSWORD") == {}


def test_an_upgrade_may_bring_the_password_to_the_clients_first() -> None:
    read = references(render({**DEV, "discovery": {"mode": "registry", "registryPassword": {"asked": False}}}),
                      "POSTROAD_REGISTRY_PASSWORD")  # fmt: skip

    assert "shop-registry-web" not in read
    assert "shop-orders-web" in read


def test_a_password_of_the_values_counts_and_its_change_renews_the_pods() -> None:
    def rendered(value: str) -> Any:
        return render({**DEV, "discovery": {"mode": "registry", "registryPassword": {"value": value}}})

    def annotation(found: Any) -> str:
        pod = one(found, "Deployment", "shop-orders-web")["spec"]["template"]["metadata"]["annotations"]
        return str(pod["checksum/access"])

    assert secret_texts(rendered("one"))["shop-access/registry-password"] == "one"
    assert annotation(rendered("one")) != annotation(rendered("two"))


TLS = {**DEV, "grpcTls": {"secret": "grpc-{{ .service }}", "caSecret": "trusted"}}


def volume(rendered: Any, deployment: str) -> Any:
    spec = one(rendered, "Deployment", deployment)["spec"]["template"]["spec"]
    return next(found["secret"] for found in spec["volumes"] if found["name"] == "grpc-tls")


def test_grpc_over_tls_gives_servers_a_key_and_callers_only_whom_they_trust() -> None:
    rendered = render(TLS)
    server = one(rendered, "Deployment", "shop-orders-grpc")["spec"]["template"]["spec"]["containers"][0]
    caller = one(rendered, "Deployment", "shop-gateway-web")["spec"]["template"]["spec"]["containers"][0]

    assert volume(rendered, "shop-orders-grpc") == {"defaultMode": 0o440, "secretName": "grpc-orders"}
    assert volume(rendered, "shop-gateway-web") == {
        "defaultMode": 0o440,
        "secretName": "trusted",
        "items": [{"key": "ca.crt", "path": "ca.crt"}],
    }
    assert variables(server)["POSTROAD_GRPC_TLS_KEY"] == "/etc/postroad/grpc-tls/tls.key"
    assert variables(caller)["POSTROAD_GRPC_TLS_CA"] == "/etc/postroad/grpc-tls/ca.crt"
    assert "POSTROAD_GRPC_TLS_KEY" not in variables(caller)
    assert server["readinessProbe"]["tcpSocket"] == {"port": "grpc"}
    addresses = one(rendered, "ConfigMap", "shop-gateway")["data"]["POSTROAD_ADDRESSES"]
    assert "orders-grpc=https://shop-orders-grpc:9000" in addresses


def test_grpc_in_clear_text_has_no_volume_and_is_asked_for_health() -> None:
    rendered = render(DEV)
    spec = one(rendered, "Deployment", "shop-orders-grpc")["spec"]["template"]["spec"]

    assert "grpc-tls" not in str(rendered.objects)
    assert spec["containers"][0]["readinessProbe"]["grpc"] == {"port": 9000}


def test_one_secret_for_all_servers_has_what_callers_trust() -> None:
    rendered = render({**DEV, "grpcTls": {"secret": "grpc"}})

    assert volume(rendered, "shop-kitchen-grpc")["secretName"] == "grpc"
    assert volume(rendered, "shop-gateway-web")["secretName"] == "grpc"


def test_a_secret_of_each_service_needs_one_whom_callers_trust() -> None:
    with pytest.raises(Refused, match=r"grpcTls\.caSecret is empty"):
        render({**DEV, "grpcTls": {"secret": "grpc-{{ .service }}"}})


LOOKUP = 'lookup "v1" "Secret" $root.Release.Namespace (include "postroad.accessSecret" $root)'


@pytest.mark.parametrize(
    ("in_the_cluster", "kept"),
    [
        ('(dict "data" (dict "registry-password" "a2VwdA=="))', True),
        ('(dict "data" (dict "another" "a2VwdA=="))', False),
        ("(dict)", False),
    ],
)
def test_what_was_generated_is_kept_over_upgrades(tmp_path: Path, in_the_cluster: str, *, kept: bool) -> None:
    chart = tmp_path / "postroad"
    shutil.copytree(CHART, chart)
    template = chart / "templates" / "_access.tpl"
    assert template.read_text().count(LOOKUP) == 1
    template.write_text(template.read_text().replace(LOOKUP, in_the_cluster))

    with helm.Chart.load(chart) as loaded:
        files = loaded.render(REGISTRY, name="shop", namespace="town", is_upgrade=True)
    made = next(
        found
        for found in yaml.safe_load_all(files["postroad/templates/configuration.yaml"])
        if found and found["metadata"]["name"] == "shop-access"
    )

    assert (b64decode(made["data"]["registry-password"]) == b"kept") is kept
