"""Keeps passwords out of texts: it shows, splits and refuses URLs without quoting their secret parts.

It uses only the standard library, because settings and scripts use it early.  See also: `codecs.sensitive`, for sensitive fields of messages.
"""

import re
from urllib.parse import SplitResult, urlsplit

HIDDEN = "**"
_UNKNOWN = "…"
_SHOWABLE = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"((?P<user>[^:@/?#\[\]\s]*)(?P<password>:[^/?#\[\]\s]*)?@)?"
    r"(?P<host>[\w.-]*|\[[0-9a-f:.]+\])(?P<port>:[^:;,@/?#\[\]\s]*)?(?P<path>/[\w.~%/-]*)?"
    r"([?#][^@]*)?",
    re.ASCII | re.IGNORECASE,
)
_PORT = re.compile(r":\d{0,5}")
_NO_PORT = re.compile(r"(://[^/:]*):(?!\d{0,5}(/|$))[^/]*")
_LIST = re.compile(r"[;,]\s*[a-z][a-z0-9+.-]*:/", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=://)(\S*@)(\S*)")
_QUERY = re.compile(r"(://[^\s?#]*[?#])\S*")


def hide_password(url: str) -> str:
    """Return a URL, or a text in place of one, for display: scheme, user, host, port and path.

    Of an invalid URL that may have a login or a query only the scheme is shown, because it is unclear which part is secret.
    """
    found = _SHOWABLE.fullmatch(url)
    if found is None:
        if not set("@?#") & set(url):
            return _NO_PORT.sub(rf"\1:{_UNKNOWN}", url)
        scheme, separator, _ = url.partition("://")
        return f"{scheme}{separator}{_UNKNOWN}" if separator and re.fullmatch(r"[A-Za-z][a-z+]*", scheme) else _UNKNOWN
    user, port = found["user"], found["port"] or ""
    login = "" if user is None else f"{user}:{HIDDEN}@" if found["password"] else f"{HIDDEN}@"
    shown_port = port if not port or _PORT.fullmatch(port) else f":{_UNKNOWN}"
    return f"{found['scheme']}://{login}{found['host']}{shown_port}{found['path'] or ''}"


def shown_value(value: object) -> str:
    """Return the `repr` of a value given as a URL or as several, without passwords."""
    match value:
        case str():
            return repr(hide_password(value))
        case None | bool() | int() | float():
            return repr(value)
        case dict():
            return "{" + ", ".join(f"{shown_value(name)}: {shown_value(each)}" for name, each in value.items()) + "}"
        case list() | tuple():
            return f"[{', '.join(map(shown_value, value))}]"
        case _:
            return type(value).__name__


def hide_passwords(text: str) -> str:
    """Return a text, such as an error, without the logins and queries of the URLs in it."""
    return _QUERY.sub(rf"\g<1>{_UNKNOWN}", _LOGIN.sub(_without_login, text)) if "://" in text else text


def _without_login(found: re.Match[str]) -> str:
    login, rest = found.groups()
    return f"{HIDDEN}@{_UNKNOWN if set('?#') & set(login) else rest}"


def split_url(url: str) -> SplitResult:
    """Return the parts of the one URL of a server; its port is a number.

    Raises:
        ValueError: It is not one URL; unlike Python's own error the text quotes nothing of the URL, and it names the way out.
    """
    if _LIST.search(url):
        raise ValueError(
            "it is a list, but must be one URL: put the nodes of a cluster behind one name (a Kubernetes Service, a TCP"
            " load balancer, DNS)"
        )
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.hostname
    except ValueError:
        raise ValueError(
            "it cannot be read; write the characters @ : / ? # [ ] % of a user or password as %40 %3A %2F %3F %23 %5B %5D %25"
        ) from None
    return parts
