from django.urls import path

from indicators import views

app_name = "indicators"

urlpatterns = [
    path("gaps/", views.GapListView.as_view(), name="gap_list"),
    path("indicators/", views.IndicatorListView.as_view(), name="indicator_list"),
    path("indicators/<slug:code>/", views.IndicatorDetailView.as_view(), name="indicator_detail"),
    path("runs/", views.RunListView.as_view(), name="run_list"),
    path("runs/start/", views.RunStartView.as_view(), name="run_start"),
    path("runs/<int:pk>/", views.run_detail, name="run_detail"),
]
