from django.urls import path

from portal.reports import views

urlpatterns = [
    path("healthz/", views.health),
    path("v1/reports/", views.upload),
    path("v1/reports/<int:year>/<str:quarter>/", views.period),
]
