"""Small Django applications, written to files and installed for one test."""

import importlib
import sys
from pathlib import Path
from textwrap import dedent

from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

_LEFT_OUT = ("apps.", "unfold")
"""Unfold makes an admin site of its own whenever applications are installed; later tests would find it empty."""


class Project:
    """A folder of applications; `install` puts some of them into INSTALLED_APPS."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root, self._settings = root, settings

    def write(self, app: str, **modules: str) -> Path:
        """Write an application: name of a module → its text."""
        folder = self.root / app
        folder.mkdir(parents=True)
        for name, text in {"__init__": "", **modules}.items():
            (folder / f"{name}.py").write_text(dedent(text))
        importlib.invalidate_caches()
        return folder

    def install(self, *apps: str, service: str = "") -> None:
        """Install applications in place of the services of the reference system."""
        kept = [app for app in self._settings.INSTALLED_APPS if not app.startswith(_LEFT_OUT)]
        self._settings.BASE_DIR = self.root
        self._settings.POSTROAD = {**self._settings.POSTROAD, "SERVICE": service}
        self._settings.INSTALLED_APPS = [*kept, *apps]

    def problems(self) -> list[CheckMessage]:
        """Return what the checks of Postroad say."""
        return run_checks(tags=["postroad"])

    def forget(self) -> None:
        """Let a later test import modules of the same names."""
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", "") or "").startswith(str(self.root)):
                del sys.modules[name]
