"""The base of our admin pages: Unfold's classes if the project has `unfold` in INSTALLED_APPS, else Django's own.

The only module that imports Unfold.  Unfold is not typed; the type checker reads the plain classes in its place.
"""

from typing import TYPE_CHECKING

from django.apps import apps

from postroad.console.plain import AdminBase, InlineBase, detail_action, display

if not TYPE_CHECKING and apps.is_installed("unfold"):
    from unfold.admin import ModelAdmin as AdminBase
    from unfold.admin import TabularInline
    from unfold.decorators import action as detail_action
    from unfold.decorators import display

    class InlineBase(TabularInline):
        """Rows without a title of their own."""

        show_title = False
        if not hasattr(TabularInline, "show_title"):  # its name in older releases, which newer ones warn of
            hide_title = True


__all__ = ["AdminBase", "InlineBase", "detail_action", "display"]
