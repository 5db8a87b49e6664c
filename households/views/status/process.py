"""One change of status: its step line, its turns, its papers, and what may be done now."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import DetailView

from accounts.enums import Level, Line
from accounts.roles import Permission
from core import clock
from core.access import Access, AccessMixin
from core.masking import mask_id_number
from core.web import WritePage
from households import services, transitions
from households.documents import StepPaper, missing_of_process
from households.enums import (
    ProcessKind,
    ProcessState,
    Relation,
    StepKind,
)
from households.forms import status as forms
from households.forms.evidence import ProcessPaperForm
from households.models import (
    Evidence,
    HouseholdStatus,
    ProcessStep,
    StatusProcess,
)
from households.permissions import (
    holds_level,
    process_turns,
)
from households.views.status.words import actor_words, dress, process_rows


class ProcessDetailView(AccessMixin, WritePage, DetailView):
    """One process: what it asks for, its step line, what the user may do now, and all its turns."""

    access = Access(permission=Permission.VIEW_REGISTER, scoped=True)
    model = StatusProcess
    template_name = "households/process_detail.html"

    def get_queryset(self) -> QuerySet[StatusProcess]:
        return process_rows(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | detail_context(self.request, self.object)


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
