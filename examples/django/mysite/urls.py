from django.contrib import admin
from django.urls import path

from board import views

urlpatterns = [
    path("", views.notes),
    path("healthz", views.healthy),
    path("admin/", admin.site.urls),
]
