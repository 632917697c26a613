"""`helm uninstall` of a release with throw-away servers; runs last, since the cases share the release."""

from tests.cluster.release import Release
from tests.cluster.tools import until


def test_uninstalling_leaves_nothing_not_even_volumes(release: Release) -> None:
    before = release.objects()

    release.uninstall()

    assert len(before) > 80
    until(lambda: release.objects() == set(), seconds=60, what="everything is gone")
