"""The one object of a process: built when Django is ready, replaced for a test, and told about when it is not there."""

import pytest
from django.apps import apps
from pytest_django import Settings

from postroad import installation
from postroad.composition import Postroad, installed
from postroad.errors import MisconfiguredError
from postroad.installation import installing
from postroad.sagas import catalog
from tests.support.projects import Project


def test_other_applications_make_another_object(project: Project) -> None:
    before = installed()
    project.write("empty")
    project.install("empty")

    assert installed() is not before
    assert (installed().services, list(catalog.installed())) == ((), [])


def test_another_object_is_installed_for_a_block_even_if_the_block_fails() -> None:
    before, other, seen = installed(), Postroad(), []

    def fail() -> None:
        with installing(other):
            seen.append(installed())
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert (seen, installed()) == ([other], before)


def test_without_the_application_the_error_says_what_to_install(settings: Settings) -> None:
    settings.INSTALLED_APPS = [
        app for app in settings.INSTALLED_APPS if app not in ("postroad", "unfold")
    ]  # which makes another admin site

    with pytest.raises(MisconfiguredError, match=r"'postroad' is not in INSTALLED_APPS; add 'postroad\.messaging'"):
        installation.current()


def test_before_django_is_ready_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(apps.get_app_config("postroad"), "postroad")

    with pytest.raises(MisconfiguredError, match=r"before Django is ready; call django\.setup\(\)"):
        installation.current()
