from django.urls import path

from households.views.bulk import PairingAssignView, RoundAddView
from households.views.check import (
    CheckAcceptView,
    CheckAroundView,
    CheckDetailView,
    CheckDraftView,
    CheckEditView,
    CheckListView,
    CheckReturnView,
)
from households.views.disclosure import HouseholdRevealView, MemberRevealView
from households.views.dropouts import (
    DropoutActView,
    DropoutCreateView,
    DropoutDetailView,
    DropoutExportView,
    DropoutListView,
    DropoutOpenView,
    DropoutWaitingView,
)
from households.views.evidence import (
    EvidenceDetailView,
    EvidenceFileView,
    EvidenceListView,
    EvidencePreviewView,
)
from households.views.finding import ColumnsView, SavedFilterListView, SavedFilterView
from households.views.household import HouseholdDetailView
from households.views.household_list import HouseholdExportView, HouseholdListView
from households.views.monitoring import (
    MonitoringActView,
    MonitoringCreateView,
    MonitoringDetailView,
    MonitoringExportView,
    MonitoringListView,
    MonitoringRevealView,
)
from households.views.people import (
    CorrectView,
    JoinView,
    LeaveView,
    MergeView,
    MoveView,
    PeopleView,
    RelationsView,
    RestoreView,
    SplitView,
)
from households.views.print import HouseholdPrintView, VillagePrintView
from households.views.round import (
    CheckReviewView,
    RoundCloseView,
    RoundCreateView,
    RoundDetailView,
    RoundListView,
)
from households.views.status import (
    IdentifyView,
    ProcessActView,
    ProcessDetailView,
    ProcessListView,
    ProcessNoticeView,
    ProcessOpenView,
    ProcessPaperView,
)

app_name = "households"
urlpatterns = [
    path("households/", HouseholdListView.as_view(), name="household_list"),
    path("households/export/", HouseholdExportView.as_view(), name="household_export"),
    path("households/saved/", SavedFilterListView.as_view(), name="saved_filter_list"),
    path("households/saved/<int:pk>/", SavedFilterView.as_view(), name="saved_filter"),
    path("households/columns/", ColumnsView.as_view(), name="household_columns"),
    path("households/pairing/", PairingAssignView.as_view(), name="pairing_assign"),
    path("households/add-to-round/", RoundAddView.as_view(), name="round_add"),
    path("households/<int:pk>/", HouseholdDetailView.as_view(), name="household_detail"),
    path("households/<int:pk>/reveal/", HouseholdRevealView.as_view(), name="household_reveal"),
    path("households/<int:pk>/print/", HouseholdPrintView.as_view(), name="household_print"),
    path("households/<int:pk>/evidence/", EvidenceListView.as_view(), name="evidence_list"),
    path("evidence/<int:pk>/", EvidenceDetailView.as_view(), name="evidence_detail"),
    path("evidence/<int:pk>/file/", EvidenceFileView.as_view(), name="evidence_file"),
    path("evidence/<int:pk>/preview/", EvidencePreviewView.as_view(), name="evidence_preview"),
    path("villages/<int:pk>/print/", VillagePrintView.as_view(), name="village_print"),
    path("checks/households/<int:pk>/", CheckEditView.as_view(), name="check_edit"),
    path("checks/households/<int:pk>/around/", CheckAroundView.as_view(), name="check_around"),
    path("checks/households/<int:pk>/draft/", CheckDraftView.as_view(), name="check_draft"),
    path("members/<int:pk>/reveal/", MemberRevealView.as_view(), name="member_reveal"),
    path("members/<int:pk>/leave/", LeaveView.as_view(), name="people_leave"),
    path("members/<int:pk>/restore/", RestoreView.as_view(), name="people_restore"),
    path("members/<int:pk>/correct/", CorrectView.as_view(), name="people_correct"),
    path("households/<int:pk>/people/", PeopleView.as_view(), name="people"),
    path("households/<int:pk>/people/join/", JoinView.as_view(), name="people_join"),
    path("households/<int:pk>/people/relations/", RelationsView.as_view(), name="people_relations"),
    path("households/<int:pk>/people/split/", SplitView.as_view(), name="people_split"),
    path("households/<int:pk>/people/merge/", MergeView.as_view(), name="people_merge"),
    path("households/<int:pk>/people/move/", MoveView.as_view(), name="people_move"),
    path("checks/", CheckListView.as_view(), name="check_list"),
    path("checks/review/", CheckReviewView.as_view(), name="check_review"),
    path("checks/<int:pk>/", CheckDetailView.as_view(), name="check_detail"),
    path("checks/<int:pk>/return/", CheckReturnView.as_view(), name="check_return"),
    path("checks/<int:pk>/accept/", CheckAcceptView.as_view(), name="check_accept"),
    path("checks/rounds/", RoundListView.as_view(), name="round_list"),
    path("checks/rounds/new/", RoundCreateView.as_view(), name="round_create"),
    path("checks/rounds/<int:pk>/", RoundDetailView.as_view(), name="round_detail"),
    path("checks/rounds/<int:pk>/close/", RoundCloseView.as_view(), name="round_close"),
    path("status/", ProcessListView.as_view(), name="process_list"),
    path("status/new/", IdentifyView.as_view(), name="process_identify"),
    path("status/<int:pk>/", ProcessDetailView.as_view(), name="process_detail"),
    path("status/<int:pk>/notice/", ProcessNoticeView.as_view(), name="process_notice"),
    path("status/<int:pk>/papers/", ProcessPaperView.as_view(), name="process_papers"),
    path("status/<int:pk>/<slug:act>/", ProcessActView.as_view(), name="process_act"),
    path("households/<int:pk>/status/<slug:kind>/", ProcessOpenView.as_view(), name="process_open"),
    path("dropouts/", DropoutListView.as_view(), name="dropout_list"),
    path("dropouts/export/", DropoutExportView.as_view(), name="dropout_export"),
    path("dropouts/waiting/", DropoutWaitingView.as_view(), name="dropout_waiting"),
    path("dropouts/new/", DropoutCreateView.as_view(), name="dropout_create"),
    path("dropouts/members/<int:pk>/open/", DropoutOpenView.as_view(), name="dropout_open"),
    path("dropouts/<int:pk>/", DropoutDetailView.as_view(), name="dropout_detail"),
    path("dropouts/<int:pk>/<slug:act>/", DropoutActView.as_view(), name="dropout_act"),
    path("monitoring/", MonitoringListView.as_view(), name="monitoring_list"),
    path("monitoring/export/", MonitoringExportView.as_view(), name="monitoring_export"),
    path("monitoring/new/", MonitoringCreateView.as_view(), name="monitoring_create"),
    path("monitoring/<int:pk>/", MonitoringDetailView.as_view(), name="monitoring_detail"),
    path("monitoring/<int:pk>/reveal/", MonitoringRevealView.as_view(), name="monitoring_reveal"),
    path("monitoring/<int:pk>/<slug:act>/", MonitoringActView.as_view(), name="monitoring_act"),
]
