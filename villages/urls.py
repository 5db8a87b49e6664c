from django.urls import path

from villages.views import VillageDetailView, VillageEditView, VillageListView, VillageSurveyView

app_name = "villages"
urlpatterns = [
    path("villages/", VillageListView.as_view(), name="village_list"),
    path("villages/<int:pk>/", VillageDetailView.as_view(), name="village_detail"),
    path("villages/<int:pk>/edit/", VillageEditView.as_view(), name="village_edit"),
    path("villages/<int:pk>/survey/", VillageSurveyView.as_view(), name="village_survey"),
]
