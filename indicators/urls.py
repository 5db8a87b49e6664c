from django.urls import path

from indicators import views, views_quality, views_reasons, views_standards

app_name = "indicators"

urlpatterns = [
    path("findings/", views_quality.FindingListView.as_view(), name="finding_list"),
    path("findings/export/", views_quality.FindingExportView.as_view(), name="finding_export"),
    path("findings/rules/", views_quality.RuleListView.as_view(), name="rule_list"),
    path("findings/exceptions/", views_quality.ExceptionListView.as_view(), name="exception_list"),
    path(
        "findings/exceptions/<int:pk>/",
        views_quality.ExceptionDetailView.as_view(),
        name="exception_detail",
    ),
    path(
        "findings/exceptions/<int:pk>/<slug:act>/",
        views_quality.ExceptionActView.as_view(),
        name="exception_act",
    ),
    path(
        "findings/<int:pk>/explain/",
        views_quality.ExceptionCreateView.as_view(),
        name="exception_create",
    ),
    path("gaps/", views.GapListView.as_view(), name="gap_list"),
    path("indicators/", views.IndicatorListView.as_view(), name="indicator_list"),
    path("indicators/<slug:code>/", views.IndicatorDetailView.as_view(), name="indicator_detail"),
    path(
        "indicators/<slug:code>/why/<int:pk>/", views_reasons.ReasonsView.as_view(), name="reasons"
    ),
    path(
        "households/<int:pk>/standards/",
        views_reasons.HouseholdStandardsView.as_view(),
        name="household_standards",
    ),
    path("runs/", views.RunListView.as_view(), name="run_list"),
    path("runs/start/", views.RunStartView.as_view(), name="run_start"),
    path("runs/<int:pk>/", views.run_detail, name="run_detail"),
    path("standards/", views_standards.StandardListView.as_view(), name="standard_list"),
    path("standards/proposals/", views_standards.ProposalListView.as_view(), name="proposal_list"),
    path(
        "standards/proposals/<int:pk>/",
        views_standards.ProposalDetailView.as_view(),
        name="proposal_detail",
    ),
    path("standards/proposals/<int:pk>/try/", views_standards.proposal_try, name="proposal_try"),
    path(
        "standards/proposals/<int:pk>/<slug:act>/",
        views_standards.ProposalActView.as_view(),
        name="proposal_act",
    ),
    path(
        "standards/trials/<int:pk>/", views_standards.TrialDetailView.as_view(), name="trial_detail"
    ),
    path(
        "standards/<slug:code>/",
        views_standards.StandardDetailView.as_view(),
        name="standard_detail",
    ),
    path(
        "standards/<slug:code>/propose/",
        views_standards.ProposalCreateView.as_view(),
        name="proposal_create",
    ),
    path(
        "standards/<slug:code>/try/",
        views_standards.TrialCreateView.as_view(),
        name="trial_create",
    ),
]
