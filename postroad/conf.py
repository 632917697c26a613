"""The reader of settings.  Each package declares its keys as a `Section` in its own `conf` module.

The keys of a section are those of a dict in the Django settings, such as `POSTROAD`.  A key may also be set as
environment variable `POSTROAD_<KEY>`, which takes precedence over the settings file.  Values are read at first use, and
again after a test changes the Django settings.
"""

import difflib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, ClassVar, Self

from django.conf import settings as django_settings
from django.core.signals import setting_changed

from postroad.conf_readers import number_of, read_text
from postroad.errors import InvalidSetting
from postroad.secrecy import shown_value

_current: dict[type["Section"], "Section"] = {}


def key(
    default: Any,
    line: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    read: Callable[[Any], object] | None = None,
    is_url: bool = False,
    is_secret: bool = False,
) -> Any:
    """Declare a key; `is_url`: its value may contain a password; `is_secret`: it is one.  Texts hide passwords."""
    show = _show_nothing if is_secret else shown_value if is_url else repr
    metadata = {"line": line, "minimum": minimum, "maximum": maximum, "read": read, "show": show}
    return field(default_factory=lambda: default, repr=show is repr, metadata=metadata)


def _show_nothing(_value: object) -> str:
    return "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The settings of one package: the attribute `relay_batch_rows` is the key `RELAY_BATCH_ROWS`.

    Attributes:
        setting: Name of the dict in the Django settings, and prefix of the environment variables.
    """

    setting: ClassVar[str] = "POSTROAD"

    @classmethod
    def keys(cls) -> dict[str, Field[Any]]:
        """Return the keys, with those of the classes above."""
        return {entry.name.upper(): entry for entry in fields(cls)}

    @classmethod
    def current(cls) -> Self:
        """Return the settings in force; keys of other sections do not matter.

        Raises:
            InvalidSetting: A value cannot be used; the text has each such key and the way out.
        """
        found = _current.get(cls)
        if not isinstance(found, cls):
            found = _current[cls] = cls.read(given(cls.setting, cls.keys()))
        return found

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Return settings with the given values by key; keys of other sections are ignored.

        Raises:
            InvalidSetting: A value cannot be used.
        """
        if wrong := _wrong(cls, values):
            raise InvalidSetting(" ".join(wrong))
        made = cls._made(values)
        if contradictions := made.contradictions():
            raise InvalidSetting(" ".join(contradictions))
        return made

    @classmethod
    def problems(cls, values: Mapping[str, Any]) -> list[str]:
        """Return one sentence for each value of this section that cannot be used, alone or together with others."""
        return _wrong(cls, values) or cls._made(values).contradictions()

    def contradictions(self) -> list[str]:
        """Return one sentence for each value that cannot be used together with others; for sections with such rules."""
        return []

    @classmethod
    def _made(cls, values: Mapping[str, Any]) -> Self:
        entries = cls.keys().items()
        return cls(
            **{name.lower(): convert(cls.setting, entry, values[name]) for name, entry in entries if name in values}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreSettings(Section):
    """The settings that all packages share."""

    service: str = key("", "name of the service that the installed applications form; empty: each is a service")


def given(setting: str, known: Iterable[str]) -> dict[str, Any]:
    """Return the values of a dict of settings from the settings file and the environment, unchecked."""
    values = dict(getattr(django_settings, setting, {}))
    values.update({name: os.environ[f"{setting}_{name}"] for name in known if f"{setting}_{name}" in os.environ})
    return values


def unknown(setting: str, values: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return one sentence for each key of a dict of settings that no section has, with the nearest spelling."""
    keys = sorted(known)
    return [
        f"{setting} has the key {name!r}, which does not exist; {_hint(name, keys)}"
        for name in values
        if name not in keys
    ]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known word that is most similar to a name; empty if none is similar."""
    near = difflib.get_close_matches(name.upper(), list(known), n=1, cutoff=0.5)
    return near[0] if near else ""


def convert(setting: str, entry: Field[Any], value: Any) -> Any:
    """Return a value of the type that its key has.

    Raises:
        InvalidSetting: The value is invalid; the text names key, value and way out.
    """
    try:
        return _reader(entry)(value)
    except ValueError as error:
        raise _invalid(setting, entry, value, str(error)) from None


def forget() -> None:
    """Read everything again at its next use, for a test that changed the environment."""
    _current.clear()


def _reader(entry: Field[Any]) -> Callable[[Any], object]:
    if entry.metadata["read"] is not None:
        reader: Callable[[Any], object] = entry.metadata["read"]
        return reader
    if entry.type is str:
        return read_text
    return number_of(
        int if entry.type is int else float, minimum=entry.metadata["minimum"], maximum=entry.metadata["maximum"]
    )


def _wrong(section: type[Section], values: Mapping[str, Any]) -> list[str]:
    entries = section.keys().items()
    return [problem for name, entry in entries for problem in _problems(section.setting, entry, values, name)]


def _problems(setting: str, entry: Field[Any], values: Mapping[str, Any], name: str) -> list[str]:
    try:
        if name in values:
            convert(setting, entry, values[name])
    except InvalidSetting as error:
        return [str(error)]
    return []


def _hint(name: str, known: list[str]) -> str:
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else f"known keys: {', '.join(known)}."


def _invalid(setting: str, entry: Field[Any], value: Any, problem: str) -> InvalidSetting:
    shown = entry.metadata["show"](value)
    return InvalidSetting(f"{setting}[{entry.name.upper()!r}] is {shown}; {problem} ({entry.metadata['line']}).")


def _forget(**_: Any) -> None:
    forget()


setting_changed.connect(_forget, dispatch_uid="postroad.conf")
