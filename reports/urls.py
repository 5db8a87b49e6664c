from django.urls import path

from reports.views.dashboard import DashboardExportView, DashboardView, GapHouseholdListView
from reports.views.filing import FilingCorrectView, FilingDetailView, FilingEditView, FilingListView
from reports.views.obligation import ObligationExportView, ObligationListView
from reports.views.workbench import WorkbenchView

app_name = "reports"
urlpatterns = [
    path("", WorkbenchView.as_view(), name="workbench"),
    path("dashboard/", DashboardView.as_view(), name="dashboard"),
    path("dashboard/export/", DashboardExportView.as_view(), name="dashboard_export"),
    path("dashboard/households/", GapHouseholdListView.as_view(), name="gap_household_list"),
    path("reports/", ObligationListView.as_view(), name="obligation_list"),
    path("reports/export/", ObligationExportView.as_view(), name="obligation_export"),
    path("reports/mine/", FilingListView.as_view(), name="filing_list"),
    path("reports/mine/<int:pk>/", FilingEditView.as_view(), name="filing_edit"),
    path(
        "reports/mine/filings/<int:pk>/correct/", FilingCorrectView.as_view(), name="filing_correct"
    ),
    path("reports/filings/<int:pk>/", FilingDetailView.as_view(), name="filing_detail"),
]
