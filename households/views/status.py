"""状态变更: processes by place and state, one process with its steps, and its public notice."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import DetailView, TemplateView, View

from accounts.enums import Level, Line
from accounts.roles import Permission
from accounts.scope import asked_area, own_area
from core import clock, operations
from core.access import Access, AccessMixin
from core.listing import COUNT_LIMIT, ListPage
from core.masking import mask_id_number
from core.menu import Count as MenuCount
from core.web import WritePage, operation_key, perform_once
from households import services, transitions
from households.documents import StepPaper, missing_of_process
from households.enums import (
    ProcessKind,
    ProcessState,
    Relation,
    Status,
    StepKind,
)
from households.filters import ProcessFilterSet
from households.forms import status as forms
from households.forms.evidence import ProcessPaperForm
from households.models import (
    Evidence,
    Household,
    HouseholdStatus,
    Membership,
    MonitoringCase,
    ProcessStep,
    StatusProcess,
)
from households.permissions import (
    can_check_household,
    holds_level,
    may_identify,
    process_turns,
)
from households.views.household import RegisterPage
from villages.models import Village

STATE_TONES = {
    ProcessState.OPEN: "blue",
    ProcessState.OBJECTED: "not",
    ProcessState.APPROVED: "met",
    ProcessState.DROPPED: "line",
    ProcessState.REVOKED: "warn",
}
ADULT = 18
MOST_DIGITS = 18  # of a key in an address


def actor_words(level: Level) -> str:
    return {
        Level.VILLAGE: _("嘎查村"),
        Level.TOWNSHIP: _("苏木乡镇"),
        Level.COUNTY: _("旗县扶贫办"),
    }[level]


def planned_words(process: StatusProcess) -> str:
    """What a notice says is planned, in neutral words (domain §5.2)."""
    words = {
        ProcessKind.IDENTIFY: _("拟纳入建档立卡贫困户"),
        ProcessKind.EXIT: _("拟脱贫退出"),
        ProcessKind.RE_ENTRY: _("拟重新纳入帮扶"),
    }
    return words.get(ProcessKind(process.kind), str(process.get_kind_display()))


def reason(error: Exception) -> str:
    """Why a turn was refused, for the person who took it."""
    match error:
        case services.NotAllowed():
            status = str(error.args[0] or "")
            now = Status(status).label if status else _("未知")
            return _("该户现在的脱贫状态是“%(now)s”，不能办理这项变更") % {"now": now}
        case services.ProcessOpen():
            return _("该户已有办理中的状态变更：%(process)s") % {"process": error.args[0]}
        case services.StaleProcess():
            return _("这项变更刚由他人办理过，请核对最新情况后再办")
        case services.OwnProcess():
            return _("提出人、核查人不能审核自己经办的变更，须由他人办理")
        case services.OutOfOrder():
            return _("日期不能早于上一步，也不能晚于今天")
        case services.NoticeTooShort():
            return _("公示天数不足，最早截止到 %(day)s") % {"day": error.args[0].isoformat()}
        case services.NoticeRuns():
            return _("公示到 %(day)s 为止，次日方可继续") % {"day": error.args[0].isoformat()}
        case services.OutsideNotice():
            return _("异议日期不在公示期内")
        case services.NoQuorum():
            return _("到会代表不足三分之二，评议无效")
        case services.GuardsStand():
            return _("还有 %(count)s 项不符合退出条件，不能审定") % {"count": len(error.args[0])}
        case services.PersonRegistered():
            return _("证件号码 %(number)s 已在建档立卡户中，请先核对") % {"number": error.args[0]}
        case services.NotRevocable():
            return _("之后又有新的状态，或属于新识别户，不能撤销；请按清退办理")
        case operations.KeyReused():
            return _("这份表单已提交过另一内容，请刷新页面后再填")
        case operations.MissingKey():
            return _("提交缺少操作键，请刷新页面后再试")
    return _("现在还不到这一步，请刷新页面")


REFUSALS = (services.StatusRefused, operations.KeyReused, operations.MissingKey)


# --- The list ------------------------------------------------------------------------------------


class ProcessListView(RegisterPage, ListPage):
    """Processes of the area, those that move first."""

    model = StatusProcess
    filterset_class = ProcessFilterSet
    template_name = "households/process_list.html"
    sort_fields = {
        "changed": ("changed_on",),
        "name": ("name",),
        "village": ("village_id", "kind"),
        "kind": ("kind", "step"),
    }
    default_sort = "-changed"

    def rows(self) -> QuerySet[StatusProcess]:
        rows = StatusProcess.objects.for_user(self.request.user)
        rows = rows.in_area(self.area) if self.area else rows
        return rows.select_related("village__area__parent", "household").defer("applicant")

    def finish(self, rows: list[Any]) -> list[Any]:
        today = clock.today()
        for row in rows:
            dress(row, today)
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "may_identify": may_identify(self.request.user),
            "waiting": waiting_count(self.request),
        }


def dress(process: Any, today: date) -> Any:
    """Adds what lists and pages say of a process: its tone, who acts next and until when it rests."""
    process.tone = STATE_TONES[ProcessState(process.state)]
    process.next_words = ""
    if process.state == ProcessState.OBJECTED:
        process.next_words = _("苏木乡镇调查答复异议")
    elif process.notice_runs(today):
        words = {"step": process.get_step_display(), "day": process.notice_to.isoformat()}
        process.next_words = _("%(step)s中，到 %(day)s") % words
    elif process.is_live:
        actor = actor_words(transitions.actor(process.step))
        process.next_words = f"{process.get_step_display()}（{actor}）"
    return process


def waiting_count(request: HttpRequest) -> int:
    """How many processes wait for the user's turn; asked once per page."""
    if not hasattr(request, "_processes_waiting"):
        user: Any = request.user
        mine = StatusProcess.objects.for_user(user).waiting_for(user, clock.today())
        request._processes_waiting = mine[:COUNT_LIMIT].count()  # type: ignore[attr-defined]
    return int(request._processes_waiting)  # type: ignore[attr-defined]


def menu_count(request: HttpRequest) -> MenuCount:
    return MenuCount(waiting_count(request))


def workbench_todo(request: HttpRequest) -> list[dict[str, Any]]:
    """A row of the workbench: status changes that wait for the user."""
    user: Any = request.user
    if not user.has_perm(Permission.VIEW_REGISTER) or not waiting_count(request):
        return []
    return [
        {
            "label": _("状态变更待办理"),
            "icon": "arrow-left-right",
            "count": waiting_count(request),
            "note": _("识别、脱贫退出、返贫等，按步骤办理"),
            "due_tag": "",
            "due_tone": "",
            "url": f"{reverse('households:process_list')}?mine=true",
            "action": _("办理"),
        }
    ]


# --- Opening -------------------------------------------------------------------------------------


class OpenPage(AccessMixin, WritePage, View):
    """What both ways of opening a process have in common."""

    access = Access(permission=Permission.ENTER_CHECK, scoped=True)
    template = ""

    def page(self, context: Mapping[str, Any]) -> HttpResponse:
        key = operation_key(self.request) or operations.new_key()
        return render(self.request, self.template, {"operation_key": key, **context})

    def turn(self, data: Mapping[str, Any]) -> services.Turn:
        return services.Turn(
            by=self.request.user,
            at=clock.now(),
            on=data["on"],
            today=clock.today(),
            note=data["note"],
        )


class ProcessOpenView(OpenPage):
    """Proposes a change of a household's status; only what its status allows."""

    template = "households/process_open.html"

    @cached_property
    def household(self) -> Household:
        mine = Household.objects.for_user(self.request.user, permission=Permission.ENTER_CHECK)
        return get_object_or_404(mine.select_related("village__area"), pk=self.kwargs["pk"])

    @cached_property
    def kind(self) -> ProcessKind:
        if self.kwargs["kind"] not in forms.PROPOSALS:
            raise Http404("kind")
        return ProcessKind(self.kwargs["kind"])

    def get(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        return self.answer(forms.PROPOSALS[self.kind](today=clock.today()))

    def post(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        household = self.household
        form = forms.PROPOSALS[self.kind](request.POST, today=clock.today())
        if not form.is_valid():
            return self.answer(form)

        def act() -> dict[str, Any]:
            made = services.open_process(
                household=household,
                kind=self.kind,
                turn=self.turn(form.cleaned_data),
                values=form.values(),
                data=form.kept(),
            )
            return {"process": made.pk}

        try:
            outcome = perform_once(request, act)
        except REFUSALS as error:
            form.add_error(None, reason(error))
            return self.answer(form)
        messages.success(request, _("已提出，请按步骤办理。"))
        return redirect("households:process_detail", outcome["process"])

    def answer(self, form: forms.ProposalForm) -> HttpResponse:
        household, kind = self.household, self.kind
        status = services.status_of(household, clock.today())
        return self.page(
            {
                "form": form,
                "household": household,
                "kind": kind,
                "area": household.village.area,
                "area_path": reverse("households:process_list"),
                "crumb": kind.label,
                "from_words": Status(status).label if status else _("未知"),
                "to_status": transitions.status_after(kind, status),
                "steps": step_words(kind),
            }
        )


class IdentifyView(OpenPage):
    """Takes a family's application for the register."""

    template = "households/process_identify.html"

    @cached_property
    def villages(self) -> QuerySet[Village]:
        area = asked_area(self.request, Permission.ENTER_CHECK)
        mine = Village.objects.for_user(self.request.user, permission=Permission.ENTER_CHECK)
        mine = mine.in_area(area) if area else mine
        return mine.select_related("area").order_by("pk")

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        villages = list(self.villages[:2])
        initial = {"village": villages[0].pk} if len(villages) == 1 else {}
        if self.watched:
            initial = {"village": self.watched.village_id}
        return self.answer(
            forms.IdentifyForm(villages=self.villages, today=today, initial=initial),
            self.family(),
        )

    @cached_property
    def watched(self) -> MonitoringCase | None:
        """The monitored household outside the register that applies, from `?case=`."""
        asked = self.request.GET.get("case", "")
        if not asked.isdecimal() or len(asked) > MOST_DIGITS:
            return None
        mine = MonitoringCase.objects.for_user(self.request.user, permission=Permission.ENTER_CHECK)
        return mine.filter(pk=asked, household=None).first()

    def family(self, data: Any = None) -> Any:
        """The rows of members; of a monitored household the head stands there, the number masked."""
        case, rows = self.watched, []
        options: dict[str, Any] = {"today": clock.today()}
        if case:
            options["known"] = {case.id_mask: case.id_number} if case.id_number else {}
            rows = [{"name": case.head_name, "id_number": case.id_mask, "relation": Relation.HEAD}]
        return forms.FamilyFormSet(data, prefix="m", form_kwargs=options, initial=rows)

    def post(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        form = forms.IdentifyForm(request.POST, villages=self.villages, today=today)
        people = self.family(request.POST)
        if not all([form.is_valid(), people.is_valid()]):
            return self.answer(form, people)
        data = form.cleaned_data
        kept = ("hamlet", "identify_standard", "cause_main", "phone")

        def act() -> dict[str, Any]:
            made = services.open_identification(
                village=data["village"],
                family={
                    "members": people.family(),
                    "monitoring_case": self.watched.pk if self.watched else None,
                    **{name: data[name] for name in kept},
                },
                turn=self.turn(data),
            )
            return {"process": made.pk}

        try:
            outcome = perform_once(request, act)
        except REFUSALS as error:
            form.add_error(None, reason(error))
            return self.answer(form, people)
        messages.success(request, _("已登记申请，请按步骤办理。"))
        return redirect("households:process_detail", outcome["process"])

    def answer(self, form: forms.IdentifyForm, people: Any) -> HttpResponse:
        return self.page(
            {
                "form": form,
                "people": people,
                "errors": [form, *(each for each in people.forms if people.is_bound)],
                "crumb": _("识别申请"),
                "area": own_area(self.request.user, Permission.ENTER_CHECK),
                "area_path": reverse("households:process_list"),
                "steps": step_words(ProcessKind.IDENTIFY),
            }
        )


def step_words(kind: str) -> list[str]:
    return [str(step.label) for step in transitions.STEPS[ProcessKind(kind)]]


# --- One process ---------------------------------------------------------------------------------


class ProcessDetailView(AccessMixin, WritePage, DetailView):
    """One process: what it asks for, its step line, what the user may do now, and all its turns."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    model = StatusProcess
    template_name = "households/process_detail.html"

    def get_queryset(self) -> QuerySet[StatusProcess]:
        return process_rows(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | detail_context(self.request, self.object)


def process_rows(user: Any) -> QuerySet[StatusProcess]:
    rows = StatusProcess.objects.for_user(user)
    return rows.select_related("village__area__parent", "household", "opened_by", "checked_by")


def detail_context(
    request: HttpRequest,
    process: Any,
    bound: tuple[str, forms.TurnForm] | None = None,
    paper_form: ProcessPaperForm | None = None,
) -> dict[str, Any]:
    """Everything a process's page shows; `bound` and `paper_form` are forms that were refused."""
    user: Any = request.user
    today = clock.today()
    dress(process, today)
    turns = list(process.turns.select_related("by").order_by("pk"))
    papers = process_papers(user, process)
    form = paper_form or (ProcessPaperForm(process=process) if may_file(user, process) else None)
    names = process_turns(user, process, today)
    guards = exit_guards(process, today)
    shows_notes = sees_notes(user, process)
    return {
        "shows_notes": shows_notes,
        "process": process,
        "area": process.village.area,
        "area_path": reverse("households:process_list"),
        "crumb": str(process),
        "steps": step_line(process, turns, today),
        "turns": timeline(turns, shows_notes=shows_notes),
        "people": family_rows(process),
        "values": value_rows(process) if shows_notes else [],
        "guards": guards,
        "acts": [
            act_form(process, name, today, bound) for name in names if not blocked(name, guards)
        ],
        "missing": missing(process, user, names, guards, today),
        "refused": bound[1] if bound else paper_form,
        "papers": papers,
        "missing_papers": missing_papers(process, turns, papers) if shows_notes else [],
        "paper_form": form,
        "has_notice": process.has_notice_up,
    }


def sees_notes(user: Any, process: StatusProcess) -> bool:
    """Notes and reasons tell causes and health: not for an officer of another line of work."""
    lines = user.lines_in(process.village_id, Permission.VIEW_REGISTER)
    return not lines or Line.GENERAL in lines


def blocked(name: str, guards: list[services.Guard]) -> bool:
    return name == "approve" and bool(guards)


def exit_guards(process: StatusProcess, today: date) -> list[services.Guard]:
    """What stands against the exit while it is under way."""
    if process.kind != ProcessKind.EXIT or not process.is_live or process.household is None:
        return []
    return services.exit_guards(process.household, today)


def act_form(
    process: StatusProcess,
    name: str,
    today: date,
    bound: tuple[str, forms.TurnForm] | None,
) -> dict[str, Any]:
    if bound and bound[0] == name:
        form = bound[1]
    else:
        form = forms.turn_form(name, process, today=today, **notice_options(name, process, today))
    return {
        "name": name,
        "label": form.label,
        "form": form,
        "primary": form.PRIMARY,
        "confirm": form.CONFIRM,
        "open": form.is_bound,
    }


def notice_options(name: str, process: StatusProcess, today: date) -> dict[str, Any]:
    return {"days": services.notice_days(process.village_id, today)} if name == "put_up" else {}


def missing(
    process: Any, user: Any, names: list[str], guards: list[services.Guard], today: date
) -> str:
    """Why nothing can be done now, or by whom."""
    if not process.is_live or set(names) - {"object", "drop"}:
        return ""
    if process.state == ProcessState.OPEN and process.notice_runs(today):
        return _("公示到 %(day)s 为止，期满次日登记撤下后继续") % {
            "day": process.notice_to.isoformat()
        }
    step = StepKind.ANSWER if process.state == ProcessState.OBJECTED else StepKind(process.step)
    level = transitions.actor(step)
    if process.bars(user, step) and holds_level(user, process, level):
        return _("下一步“%(step)s”须由提出人、核查人以外的人办理") % {"step": step.label}
    return _("下一步“%(step)s”由%(actor)s办理") % {
        "step": step.label,
        "actor": actor_words(level),
    }


def step_line(process: Any, turns: list[ProcessStep], today: date) -> list[dict[str, Any]]:
    """Each step with its state: done, now, next, or never reached."""
    done = {turn.kind: turn for turn in turns}
    ended = {turn.data.get("step") for turn in turns if turn.kind == StepKind.NOTICE_END}
    line = []
    for step in process.steps:
        turn = done.get(step)
        is_now = process.is_live and step == process.step
        finished = turn is not None and not is_now
        if finished and step in transitions.NOTICE_STEPS and step not in ended:
            finished = False
        words = actor_words(transitions.actor(step))
        detail = f"{turn.on.isoformat()} {turn.by}" if turn and finished else words
        line.append(
            {
                "label": step.label,
                "state": "done" if finished else "on" if is_now else "",
                "detail": process.next_words if is_now and process.has_notice_up else detail,
                "failed": finished and turn is not None and turn.data.get("passed") is False,
            }
        )
    return line


def timeline(turns: list[ProcessStep], *, shows_notes: bool) -> list[dict[str, Any]]:
    tones = {
        StepKind.OBJECTION: "not",
        StepKind.DROP: "not",
        StepKind.REVOKE: "not",
        StepKind.APPROVAL: "met",
    }
    rows = []
    for turn in turns:
        kind = StepKind(turn.kind)
        parts = [
            f"{turn.by}（{turn.office}）" if turn.office else str(turn.by),
            forms.told_of(kind, turn.data),
            turn.note if shows_notes else "",
        ]
        refused = turn.data.get("passed") is False or turn.data.get("upheld") is True
        rows.append(
            {
                "when": turn.on,
                "title": kind.label,
                "detail": "；".join(part for part in parts if part),
                "tone": "not" if refused else tones.get(kind, ""),
            }
        )
    return rows


def family_rows(process: StatusProcess) -> list[dict[str, Any]]:
    """The applying family with masked numbers; once registered, the household's file has it."""
    return [
        {
            "name": member["name"],
            "relation": Relation(member["relation"]).label,
            "id": mask_id_number(member["id_number"]),
            "birth_date": member["birth_date"],
        }
        for member in process.family.get("members", [])
    ]


def value_rows(process: StatusProcess) -> list[tuple[Any, Any]]:
    """What the change writes beside the status, in words."""
    rows = []
    for name, value in process.values.items():
        field: Any = HouseholdStatus._meta.get_field(name)
        rows.append((field.verbose_name, dict(field.flatchoices).get(value, value)))
    return rows


class ProcessActView(AccessMixin, View):
    """One turn: step, put_up, end_notice, object, answer, approve, drop, revoke."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        process = get_object_or_404(process_rows(request.user), pk=pk)
        today = clock.today()
        key = operation_key(request)
        again = operations.was_spent(user=request.user, key=key)
        if act not in process_turns(request.user, process, today) and not again:
            raise PermissionDenied
        if again:  # sent twice: the first answer stands
            return redirect(process)
        options = notice_options(act, process, today)
        form = forms.turn_form(act, process, data=request.POST, today=today, **options)
        if form.is_valid():
            try:
                perform_once(
                    request, lambda: {"process": take_turn(request.user, process, act, form).pk}
                )
            except REFUSALS as error:
                form.add_error(None, reason(error))
                process = get_object_or_404(process_rows(request.user), pk=pk)
            else:
                messages.success(request, _("已登记：%(turn)s") % {"turn": form.label})
                return redirect(process)
        context = detail_context(request, process, bound=(act, form))
        context["operation_key"] = key or operations.new_key()
        return render(request, "households/process_detail.html", context)


def take_turn(user: Any, process: StatusProcess, name: str, form: forms.TurnForm) -> StatusProcess:
    """Call the turn's one service."""
    data = form.cleaned_data
    turn = services.Turn(
        by=user,
        at=clock.now(),
        on=data["on"],
        today=clock.today(),
        base_version=data["base_version"],
        note=data["note"],
    )
    match name:
        case "put_up":
            return services.put_up_notice(
                process=process, turn=turn, until=data["until"], phone=data["phone"]
            )
        case "end_notice":
            return services.end_notice(process=process, turn=turn)
        case "object":
            return services.object_to_notice(process=process, turn=turn)
        case "answer":
            return services.answer_objection(
                process=process, turn=turn, upheld=data["upheld"] == "yes"
            )
        case "approve":
            return services.approve_process(process=process, turn=turn, data=form.kept())
        case "drop":
            return services.drop_process(process=process, turn=turn)
        case "revoke":
            return services.revoke_process(process=process, turn=turn)
    return services.record_step(process=process, turn=turn, data=form.kept(), passed=form.is_passed)


# --- Papers --------------------------------------------------------------------------------------


def process_papers(user: Any, process: StatusProcess) -> list[dict[str, Any]]:
    """Its standing papers that the reader may see, by step in their order; one query."""
    held = Evidence.objects.for_user(user).standing().filter(process=process).for_show()
    groups: dict[str, list[Evidence]] = {step: [] for step in (*process.steps, "")}
    for paper in held:
        groups[paper.step].append(paper)
    return [
        {"step": StepKind(step).label if step else _("其他材料"), "papers": papers}
        for step, papers in groups.items()
        if papers
    ]


def missing_papers(
    process: StatusProcess, turns: list[ProcessStep], groups: list[dict[str, Any]]
) -> list[StepPaper]:
    """What the steps so far should have left on file."""
    papers = [paper for group in groups for paper in group["papers"]]
    return missing_of_process(process, {turn.kind for turn in turns}, papers)


def may_file(user: Any, process: StatusProcess) -> bool:
    """Papers are added while a process runs, and after its approval: announcements come last."""
    running = process.is_live or process.state == ProcessState.APPROVED
    return running and holds_level(user, process, Level.VILLAGE)


class ProcessPaperView(AccessMixin, View):
    """Adds papers to a process."""

    access = Access(permission=Permission.ENTER_CHECK, scoped=True)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        process = get_object_or_404(process_rows(request.user), pk=pk)
        if not may_file(request.user, process):
            raise PermissionDenied
        form = ProcessPaperForm(request.POST, request.FILES, process=process)
        kept: list[int] = []
        try:
            kept = form.take_in(request) if form.is_valid() else []
        except (operations.KeyReused, operations.MissingKey) as error:
            form.add_error(None, reason(error))
        if not form.errors:
            messages.success(request, _("已上传 %(n)d 份材料。") % {"n": len(kept)})
            return redirect(process)
        context = detail_context(request, process, paper_form=form)
        context["operation_key"] = operation_key(request) or operations.new_key()
        return render(request, "households/process_detail.html", context, status=422)


# --- The notice ----------------------------------------------------------------------------------


class ProcessNoticeView(AccessMixin, TemplateView):
    """The notice on an A4 sheet for the board, with every household of the village on the same one;
    taken down, it says so and names nobody."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    template_name = "households/process_notice.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, today = self.request.user, clock.today()
        process = get_object_or_404(process_rows(user), pk=self.kwargs["pk"])
        stands = process.notice_runs(today)
        rows = notice_rows(user, process, today) if stands else []
        area = process.village.area
        return super().get_context_data(**kwargs) | {
            "process": process,
            "stands": stands,
            "rows": rows,
            "village": process.village,
            "township": area.parent,
            "issuer": area.parent if process.step == StepKind.TOWNSHIP_NOTICE else process.village,
            "planned": planned_words(process),
            "days": process.notice_days,
            "printed_on": today,
        }


def notice_rows(user: Any, process: StatusProcess, today: date) -> list[dict[str, Any]]:
    """Households on the same notice: the head's name, minors masked, and the number of members."""
    same = (
        StatusProcess.objects.for_user(user)
        .live()
        .filter(
            kind=process.kind,
            step=process.step,
            village_id=process.village_id,
            notice_from=process.notice_from,
            notice_to=process.notice_to,
        )
    )
    found = list(same.order_by("name", "pk"))
    household_ids = [each.household_id for each in found if each.household_id]
    held = (
        Membership.objects.for_user(user)
        .as_of(today)
        .filter(household__in=household_ids, is_member=True)
    )
    sizes = dict(held.values_list("household").annotate(n=Count("pk")).order_by())
    heads = dict(held.filter(relation="HEAD").values_list("household", "member__birth_date"))
    return [
        {
            "name": board_name(each.name, birth_date_of(each, heads), today),
            "persons": sizes.get(each.household_id) or len(each.family.get("members", [])) or "",
        }
        for each in found
    ]


def birth_date_of(process: StatusProcess, heads: Mapping[int, date | None]) -> date | None:
    if process.household_id:
        return heads.get(process.household_id)
    return date.fromisoformat(process.family["members"][0]["birth_date"])


def board_name(name: str, born: date | None, today: date) -> str:
    """The head's name in full; a minor's family name only."""
    if born is None:
        return name
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return name if age >= ADULT else _("%(family)s某") % {"family": name[:1]}


# --- On the household's file ---------------------------------------------------------------------


def household_processes(request: HttpRequest, household: Household, on: date) -> str:
    """Slot on a household's page: its changes of status, and what may be begun."""
    today = clock.today()
    rows = StatusProcess.objects.for_user(request.user).filter(household=household)
    found = [
        dress(row, today) for row in rows.defer("applicant").order_by("-changed_on", "-pk")[:6]
    ]
    may = on >= today and can_check_household(request.user, household)
    free = may and not any(row.is_live for row in found)
    kinds = transitions.kinds_from(services.status_of(household, today)) if free else []
    return render_to_string(
        "households/_process_card.html",
        {"processes": found, "kinds": kinds, "household": household},
        request,
    )
