"""What the documents ask for is what the client needs, no more and no less."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_RULE = re.compile(r'\{apiGroups: \["(\w*)"\], resources: \[(.*?)\], verbs: \["(\w+)"\]\}')
_QUESTION = re.compile(r'_asking\("(\w+)", "([\w/]+)"(?:, group="(\w+)")?\)')


def test_the_documented_role_has_the_rules_that_the_client_needs_and_no_other() -> None:
    document = (ROOT / "docs" / "how-to" / "look-after-an-installation.md").read_text()
    source = (ROOT / "postroad" / "operations" / "cluster" / "kubernetes_client.py").read_text()

    documented = {
        (verb, resource, group)
        for group, resources, verb in _RULE.findall(document)
        for resource in re.findall(r'"([\w/]+)"', resources)
    }

    assert documented == set(_QUESTION.findall(source))
    assert len(documented) == 7
