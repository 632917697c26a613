"""Admin pages that belong to no table; a project includes them before `admin.site.urls`."""

from django.contrib import admin
from django.urls import path

from postroad.console.pages.cluster import cluster_page

urlpatterns = [path("cluster/", admin.site.admin_view(cluster_page), name="postroad_cluster")]
