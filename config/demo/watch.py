"""A few pupils and households of Gu'yang in the two registers, at different points of their way.

Nothing here changes a verdict: pupils are taken from those out of school already, and no indicator
reads whether a household is watched.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts.models import Area, User
from config.demo.accounts import GUYANG, YINHAO, YINHAO_VILLAGE
from config.demo.year import author_of, moment
from households.enums import ClueKind, DropoutSource, Pace, Status
from households.models import Household, Member
from households.services import dropouts, monitoring
from households.services.registers import Act
from indicators.enums import Verdict
from indicators.models import Gap

TODAY = date(2019, 11, 5)


def keep_registers() -> None:
    """Open both registers, once the figures of the last night are known."""
    users = {u.username: u for u in User.objects.filter(is_demo=True).prefetch_related("grants")}
    guyang = Area.objects.get(pk=GUYANG)
    _dropouts(guyang, users)
    _monitoring(guyang, users)


def _act(by: User, on: date, case: Any = None, note: str = "") -> Act:
    return Act(by=by, at=moment(on, 15), on=on, base_version=case.version if case else 0, note=note)


def _dropouts(guyang: Area, users: dict[str, User]) -> None:
    """Every second pupil out of school: suspected, visited once, visited twice; the first of the
    township whose clerk signs in was visited twice."""
    gaps = Gap.objects.latest_known().in_area(guyang)
    out = gaps.filter(indicator="EDU-01", verdict=Verdict.NOT_MET).values("subject_id")
    pupils = Member.objects.filter(pk__in=out).order_by("village_id", "pk")
    shown = pupils.filter(village__area__parent_id=YINHAO)[:1]
    others = pupils.exclude(village__area__parent_id=YINHAO)[:10:2]
    for number, pupil in enumerate([*others[:2], *shown, *others[2:]]):
        by = author_of(pupil.village_id, users)
        opened = date(2019, 10, 8 + number)
        case = dropouts.open_dropout(member=pupil, source=DropoutSource.FACTS, act=_act(by, opened))
        if number % 3 == 0:
            continue
        case = dropouts.verify_dropout(
            case=case, act=_act(by, opened, case, "入户核实，未到校"), reason="WEARY"
        )
        for visit, day in enumerate((20, 28)[: number % 3]):
            case = dropouts.log_visit(
                case=case,
                act=_act(by, date(2019, 10, day), case),
                kind=("PARENT", "HELPER")[visit],
                at_home=True,
                persons=f"{by}、驻村工作队",
                result="家长答应做孩子的工作",
                next_step="下周再次上门",
            )


def _monitoring(guyang: Area, users: dict[str, User]) -> None:
    """A lifted household with help, four with clues, and one borderline household."""
    homes: Any = Household.objects.in_area(guyang).with_status(TODAY).order_by("pk")
    homes = homes.filter(status_now=Status.LIFTED_POLICY)
    lifted = [
        homes.filter(village_id=YINHAO_VILLAGE)[0],
        *homes.exclude(village_id=YINHAO_VILLAGE)[:1200:300],
    ]
    county, reviewer = users["by_county"], users["by_township"]
    for number, home in enumerate(lifted):
        by, day = author_of(home.village_id, users), date(2019, 10, 9 + 4 * number)
        clue = _act(by, day, note="走访发现住院自付较高")
        case = monitoring.report_clue(subject=home, clue_kind=ClueKind.CADRE, act=clue)
        if number == 4:
            continue
        found = _act(by, day, case, "情况属实，家庭负担较重")
        case = monitoring.check_clue(case=case, act=found)
        if number:
            continue
        case = monitoring.review_clue(case=case, act=_act(reviewer, day, case))
        case = monitoring.confirm_monitoring(
            case=case,
            act=_act(county, day, case),
            monitor_type="UNSTABLE",
            risks=["ILLNESS"],
            pace=Pace.MONTHLY,
        )
        monitoring.add_measure(
            case=case,
            act=_act(by, day, case),
            measure="协助申请医疗救助",
            responsible=str(by),
            deadline=date(2019, 11, 30),
        )
    village = lifted[0].village
    monitoring.report_clue(
        subject=monitoring.Borderline(village=village, head_name="白音", persons=3),
        clue_kind=ClueKind.HOUSEHOLD,
        act=_act(author_of(village.pk, users), date(2019, 11, 2), note="因灾减收，本户申报"),
    )
