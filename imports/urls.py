from django.urls import path

from imports import views

app_name = "imports"

urlpatterns = [
    path("imports/", views.BatchListView.as_view(), name="batch_list"),
    path("imports/new/", views.BatchCreateView.as_view(), name="batch_create"),
    path("imports/template/", views.TemplateView.as_view(), name="template"),
    path("imports/<int:pk>/", views.BatchDetailView.as_view(), name="batch_detail"),
    path("imports/<int:pk>/confirm/", views.BatchConfirmView.as_view(), name="batch_confirm"),
    path("imports/<int:pk>/drop/", views.BatchDropView.as_view(), name="batch_drop"),
    path("imports/<int:pk>/marked/", views.BatchMarkedView.as_view(), name="batch_marked"),
]
