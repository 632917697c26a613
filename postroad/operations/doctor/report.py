"""Findings as lines for people or as JSON for programs."""

import json
from collections.abc import Callable, Iterable, Mapping

from postroad.operations.doctor.findings import Finding, Level

Paint = Callable[[str], str]
_ABOUT, _LEVEL = 22, 8  # characters


def line(finding: Finding, paints: Mapping[Level, Paint]) -> str:
    """Return one finding; its way out is on a line of its own."""
    word = paints[finding.level](f"{finding.level.value:<{_LEVEL}}")
    text = f"{word} {finding.about:<{_ABOUT}} {finding.text}"
    return f"{text}\n{'':<{_LEVEL}} {'':<{_ABOUT}} → {finding.remedy}" if finding.remedy else text


def document(service: str, findings: Iterable[Finding]) -> str:
    """Return everything as one JSON object."""
    entries = [
        {"about": one.about, "level": one.level.value, "text": one.text, "remedy": one.remedy} for one in findings
    ]
    return json.dumps({"service": service, "level": worst(findings).value, "findings": entries}, indent=2)


def worst(findings: Iterable[Finding]) -> Level:
    """Return the worst level of all."""
    order = list(Level)
    return max((one.level for one in findings), key=order.index, default=Level.OK)
