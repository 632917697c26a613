"""Settings of web processes."""

from dataclasses import dataclass

from postroad.conf import Section, key


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings(Section):
    """Each attribute is a key of POSTROAD in lower case."""

    drain_file: str = key("", "file made when a web process is about to be stopped: its connections end; empty: none")
