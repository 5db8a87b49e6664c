from django.urls import path

from households.views.check import (
    CheckDetailView,
    CheckDraftView,
    CheckEditView,
    CheckListView,
    CheckReturnView,
)
from households.views.household import (
    HouseholdDetailView,
    HouseholdExportView,
    HouseholdListView,
    HouseholdRevealView,
    MemberRevealView,
)
from households.views.print import HouseholdPrintView, VillagePrintView

app_name = "households"
urlpatterns = [
    path("households/", HouseholdListView.as_view(), name="household_list"),
    path("households/export/", HouseholdExportView.as_view(), name="household_export"),
    path("households/<int:pk>/", HouseholdDetailView.as_view(), name="household_detail"),
    path("households/<int:pk>/reveal/", HouseholdRevealView.as_view(), name="household_reveal"),
    path("households/<int:pk>/print/", HouseholdPrintView.as_view(), name="household_print"),
    path("villages/<int:pk>/print/", VillagePrintView.as_view(), name="village_print"),
    path("checks/households/<int:pk>/", CheckEditView.as_view(), name="check_edit"),
    path("checks/households/<int:pk>/draft/", CheckDraftView.as_view(), name="check_draft"),
    path("members/<int:pk>/reveal/", MemberRevealView.as_view(), name="member_reveal"),
    path("checks/", CheckListView.as_view(), name="check_list"),
    path("checks/<int:pk>/", CheckDetailView.as_view(), name="check_detail"),
    path("checks/<int:pk>/return/", CheckReturnView.as_view(), name="check_return"),
]
