"""Settings of web processes."""

from dataclasses import dataclass

from postroad.conf import Section, key


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings(Section):
    """Each attribute is a key of POSTROAD in lower case."""

    drain_file: str = key(
        "", "file that is created before a web process is stopped, so that it closes its connections; empty: none"
    )
