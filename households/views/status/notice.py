"""The public notice of a change on an A4 sheet."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Count
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from accounts.roles import Permission
from core import clock
from core.access import Access, AccessMixin
from households.enums import (
    ProcessKind,
    StepKind,
)
from households.models import (
    Membership,
    StatusProcess,
)
from households.views.status.words import process_rows

ADULT = 18


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


def planned_words(process: StatusProcess) -> str:
    """What a notice says is planned, in neutral words (domain §5.2)."""
    words = {
        ProcessKind.IDENTIFY: _("拟纳入建档立卡贫困户"),
        ProcessKind.EXIT: _("拟脱贫退出"),
        ProcessKind.RE_ENTRY: _("拟重新纳入帮扶"),
    }
    return words.get(ProcessKind(process.kind), str(process.get_kind_display()))
