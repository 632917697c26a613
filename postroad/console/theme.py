"""The base of our admin pages: Unfold's classes if the project has `unfold` in INSTALLED_APPS, else Django's own.

Only this module imports Unfold.  Unfold has no types, so type checkers read the plain classes instead.
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
        """Inline rows without a title."""

        show_title = False
        if not hasattr(TabularInline, "show_title"):  # the name in older releases; newer ones warn about it
            hide_title = True


__all__ = ["AdminBase", "InlineBase", "detail_action", "display"]
