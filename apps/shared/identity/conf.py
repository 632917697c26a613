"""Settings of authentication, for the gateway and, with the same names, for the services behind it.

Each is a key of the setting GATEWAY, or GATEWAY_<KEY> in the environment.  A service without GATEWAY_AUTH does not authenticate callers.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import msgspec
from typing_extensions import override

from apps.shared.identity.roles import CONSUMER
from apps.shared.values import parse_id
from postroad.conf import Section, given, key
from postroad.conf_readers import choice_of
from postroad.errors import InvalidSetting
from postroad.secrecy import hide_password, split_url

CONSUMER_SIGN = "="
"""Separates, in an API key, the role of a consumer from the consumer's id."""


_API_KEYS = (
    "name:secret:role+role, separated by white space; a secret has at least 16 characters; consumer=7 is the role of"
    " consumer 7"
)


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """The owner of an API key, with roles and consumer id."""

    name: str
    secret: str
    roles: frozenset[str]
    consumer_id: int | None = None

    @override
    def __repr__(self) -> str:
        """Leave the secret out."""
        return f"ApiKey(name={self.name!r}, roles={sorted(self.roles)}, consumer_id={self.consumer_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Section):
    """Each attribute is a key of GATEWAY in lower case; what may hold a secret, or the login of a URL, is in no text."""

    setting: ClassVar[str] = "GATEWAY"

    auth: Literal["none", "api_key", "oidc"] = key(
        "none",
        "how a client shows who it is: none, api_key (X-API-Key) or oidc (Authorization: Bearer)",
        read=choice_of("none", "api_key", "oidc"),
    )
    api_keys: str = key("", _API_KEYS, is_secret=True)
    token_secret: str = key(
        "",
        "signs what the gateway tells services of a caller with an API key, at least 32 characters; empty: derived from SECRET_KEY",
        is_secret=True,
    )
    oidc_issuer: str = key("", "the issuer that a token must name", is_secret=True)
    oidc_audience: str = key("", "the audience that a token must name")
    oidc_jwks_url: str = key("", "where the issuer's public keys are", is_secret=True)
    oidc_roles_claim: str = key(
        "roles", "the claim that holds the roles; dots lead into objects, such as realm_access.roles"
    )
    oidc_consumer_claim: str = key("consumer_id", "the claim that holds the id of the consumer who calls")

    @override
    def contradictions(self) -> list[str]:
        return contradictions_of(self)


_SECRET_CHARACTERS = 16  # 96 bits when drawn from Base64's alphabet
_TOKEN_SECRET_CHARACTERS = 32  # HS256's key has at least the 256 bits of its digest (RFC 7518, 3.2)


def api_keys(text: str) -> tuple[ApiKey, ...]:
    """Return the keys that GATEWAY_API_KEYS lists.

    Raises:
        InvalidSetting: An entry cannot be read; the text has its place, never the secret.
    """
    found = []
    for place, entry in enumerate(text.split(), start=1):
        name, _, rest = entry.partition(":")
        secret, _, listed = rest.rpartition(":")
        roles, consumers = _roles(listed)
        if not name or not listed or len(secret) < _SECRET_CHARACTERS or len(consumers) > 1 or None in consumers:
            raise InvalidSetting(f"GATEWAY_API_KEYS: entry {place} cannot be used; write {_API_KEYS}.")
        found.append(ApiKey(name=name, secret=secret, roles=roles, consumer_id=next(iter(consumers), None)))
    return tuple(found)


def read_consumer_id(value: object) -> int | None:
    """Return the id of a consumer in a claim or setting, a number or its digits; None if it is neither."""
    is_text_or_number = isinstance(value, int | str) and not isinstance(value, bool)
    return parse_id(str(value)) if is_text_or_number else None


def contradictions_of(made: Settings) -> list[str]:
    """Return one sentence for each setting that the chosen authentication needs and that is missing or not valid."""
    try:
        api_keys(made.api_keys)
    except InvalidSetting as error:
        return [str(error)]
    names = [name for name in ("oidc_issuer", "oidc_audience", "oidc_jwks_url") if not getattr(made, name)]
    found = []
    if made.auth == "oidc" and names:
        found.append(f"GATEWAY_AUTH is 'oidc'; set also: {', '.join(f'GATEWAY_{name.upper()}' for name in names)}.")
    if made.token_secret and len(made.token_secret) < _TOKEN_SECRET_CHARACTERS:
        found.append(f"GATEWAY_TOKEN_SECRET is too short; write at least {_TOKEN_SECRET_CHARACTERS} characters.")
    if made.oidc_jwks_url and not _is_public(made.oidc_jwks_url):
        found.append(
            f"GATEWAY_OIDC_JWKS_URL is {hide_password(made.oidc_jwks_url)!r}; write https://host/path without a login:"
            " public keys need none."
        )
    return found


def _is_public(url: str) -> bool:
    try:
        parts = split_url(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def problems() -> list[str]:
    """Return one sentence for each of these settings that cannot be used."""
    return Settings.problems(given(Settings.setting, Settings.keys()))


def settings() -> Settings:
    """Return the settings in force.

    Raises:
        InvalidSetting: A value cannot be used; the text says what to do.
    """
    return Settings.current()


def _roles(listed: str) -> tuple[frozenset[str], set[int | None]]:
    """Return the roles of an API key, and the consumer ids that it has after them."""
    parts = [part.partition(CONSUMER_SIGN) for part in listed.split("+")]
    consumers = {read_consumer_id(number) if name == CONSUMER else None for name, sign, number in parts if sign}
    return frozenset(name for name, _, _ in parts), consumers
