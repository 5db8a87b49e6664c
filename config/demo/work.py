"""What people did in 2019: they worked on cases between the nights, and filed the monthly reports."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

from django.db import connection

from accounts.models import Area, User
from config.demo.accounts import BAOTOU, GUYANG, YINHAO_VILLAGE
from config.demo.year import Key, Year, author_of, moment
from households import services as households
from households.models import CheckRound, HouseholdCheck
from reports import deadlines
from reports import services as reports
from reports.services import FilingInput
from tasks.enums import TRANSITIONS, CaseState, EventKind
from tasks.models import Campaign, Case, CaseEvent

K, S = EventKind, CaseState
_NOTES: dict[str, tuple[str, ...]] = {
    K.PROGRESS: ("已联系施工方，材料到场", "已上门核实，列入本月计划", "正在施工，预计月底完成", "待主管部门验收"),
    K.APPLIED: ("已整改，入户核实无误", "整改完成，佐证材料齐全"),
    K.CLOSED: ("现场核验属实，予以销号", "电话抽查与系统数一致，予以销号"),
    K.RETURNED: ("佐证材料不齐，请补照片和签字",),
    K.EXTENSION_ASKED: ("天气原因工期顺延", "材料未到，申请延期"),
    K.EXTENSION_GRANTED: ("情况属实，同意延期",),
}  # fmt: skip


def work_on_cases(year: Year, *, since: date, until: date) -> int:
    """People's turns on all living cases from a day to a night, both inclusive; how many turns."""
    users = {u.username: u for u in User.objects.filter(is_demo=True).prefetch_related("grants")}
    cases = list(Case.objects.exclude(state=S.CLOSED).order_by("pk"))
    events: list[CaseEvent] = []
    for case in cases:
        script = _Script(case, year.repaired, users, since, until)
        script.play()
        events += script.events
    events.sort(key=lambda event: (event.on, event.case_id))
    CaseEvent.objects.bulk_create(events, batch_size=2000)
    turned = {event.case_id for event in events}
    _save([case for case in cases if case.pk in turned])
    return len(events)


def _save(cases: list[Case]) -> None:
    """Put the turned cases back in one statement."""
    rows = [
        (c.pk, c.state, c.changed_on, c.closed_on, c.due_on, c.asked_due_on, c.version)
        for c in cases
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tasks_case c SET state = v.state, changed_on = v.changed_on, closed_on = v.closed_on, "
            "due_on = v.due_on, asked_due_on = v.asked_due_on, version = v.version "
            "FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::date[], %s::date[], %s::date[], %s::int[]) "
            "AS v (id, state, changed_on, closed_on, due_on, asked_due_on, version) WHERE c.id = v.id",
            [list(column) for column in zip(*rows, strict=True)],
        )


class _Script:
    """One case between two nights: each state has its next act, as long as there are days left."""

    def __init__(
        self,
        case: Case,
        repaired: dict[Key, list[date]],
        users: dict[str, User],
        since: date,
        until: date,
    ) -> None:
        self.case, self.until = case, until
        self.rng = random.Random(f"{case.number}:{since}")
        self.today = max(since, case.changed_on)
        self.events: list[CaseEvent] = []
        days = repaired.get((case.indicator, case.subject_kind, case.subject_id), [])
        self.repair = next((day for day in days if case.opened_on <= day <= until), None)
        self.clerk = author_of(case.village_id, users)
        self.office = users[
            "by_county" if GUYANG <= case.village_id < GUYANG + 10**6 else "ra_county"
        ]

    def play(self) -> None:
        rng, case = self.rng, self.case
        if case.state == S.VERIFYING:
            if rng.random() < 0.03:
                self.act(K.RETURNED, self.office, rng.randint(2, 9))
            elif rng.random() < 0.95:
                self.act(
                    K.CLOSED, self.office, rng.randint(1, 12) if self.long else rng.randint(1, 6)
                )
            return
        if case.state == S.REGISTERED and rng.random() < 0.95:
            self.act(K.ASSIGNED, self.office, rng.randint(1, 4))
        if case.state in (S.ASSIGNED, S.RETURNED) and rng.random() < 0.93:
            self.act(K.STARTED, self.clerk, rng.randint(1, 6))
        if case.state == S.EXTENSION and rng.random() < 0.92:
            self.grant_extension(rng.randint(1, 4))
        if case.state == S.RECTIFYING:
            self.rectify()

    @property
    def long(self) -> bool:
        """Whether a whole month is played, not the few days of November."""
        return self.until.day > 10

    def rectify(self) -> None:
        rng, case = self.rng, self.case
        if self.repair and rng.random() < 0.95:
            self.today = max(self.today, self.repair)
            self.act(K.APPLIED, self.clerk, rng.randint(0, 2))
        elif case.due_on < self.until and rng.random() < 0.85 and self.long:
            case.asked_due_on = self.until + timedelta(days=rng.choice((30, 45, 60)))
            if not self.act(K.EXTENSION_ASKED, self.clerk, rng.randint(1, 8)):
                case.asked_due_on = None
            elif rng.random() < 0.9:
                self.grant_extension(rng.randint(1, 3))
        elif rng.random() < 0.4:
            self.act(K.PROGRESS, self.clerk, rng.randint(2, 20) if self.long else 2)

    def grant_extension(self, after_days: int) -> None:
        asked = self.case.asked_due_on
        if asked and self.act(K.EXTENSION_GRANTED, self.office, after_days):
            self.case.due_on, self.case.asked_due_on = asked, None

    def act(self, kind: str, by: User, after_days: int) -> bool:
        """Take a turn some days on, unless that lies behind the night."""
        day, case = self.today + timedelta(days=after_days), self.case
        states, to_state = TRANSITIONS[kind]
        if day > self.until or case.state not in states:
            return False
        grant = next(iter(by.grants.all()), None)
        self.events.append(
            CaseEvent(
                case=case, kind=kind, from_state=case.state, to_state=to_state, on=day, at=moment(day, 10), by=by,
                agency_id=grant.agency_id if grant else None, area_id=grant.area_id if grant else None,
                note=self.rng.choice(_NOTES[kind]) if kind in _NOTES else "",
            )
        )  # fmt: skip
        case.state, case.changed_on, case.version, self.today = to_state, day, case.version + 1, day
        case.closed_on = day if to_state == S.CLOSED else None
        return True


# --- Rounds of checks -----------------------------------------------------------------------------


def hold_check_rounds() -> None:
    """The county's special round of autumn on houses and water, which is over, and the whole one of November."""
    special = _open_round(
        "2019年饮水住房专项核查", date(2019, 9, 10), date(2019, 10, 15), sections=(3, 4)
    )
    office = User.objects.get(username="by_county")
    households.close_round(check_round=special, by=office, at=moment(date(2019, 10, 16), 9))
    _open_round("2019年11月入户核查", date(2019, 11, 1), date(2019, 11, 15))


def _open_round(name: str, opened: date, due: date, sections: Sequence[int] = ()) -> CheckRound:
    """A round of the county, with the visits made while it was open."""
    check_round = households.open_round(
        area=Area.objects.get(pk=GUYANG),
        name=name,
        opened_on=opened,
        due_on=due,
        by=User.objects.get(username="by_county"),
        at=moment(opened, 8),
        sections=sections,
    )
    visits = HouseholdCheck.objects.in_area(check_round.area).submitted()
    visits.filter(visited_on__range=(opened, due)).update(round=check_round)
    return check_round


_REASONS = (
    ("INC-01", "incomeyear", "operating_yuan", "有生产经营性收入，但没有生产经营性支出",
     "土地流转给合作社，当年没有投入"),
    ("ROAD-DISTANCE", "livingconditions", "road_distance_km", "离村主干路超过 5 公里",
     "住在后山牧点，已按里程表核实"),
    ("TEL-01", "householdprofile", "phone", "这是固定电话，有手机的请填手机", "老人只用座机，邻居代接"),
)  # fmt: skip


def give_reasons() -> None:
    """Some of the newest visits to one village justify an unlikely answer."""
    visits = HouseholdCheck.objects.submitted().filter(village_id=YINHAO_VILLAGE)
    for visit, told in zip(visits.order_by("-visited_on", "pk"), _REASONS, strict=False):
        names = ("code", "theme", "field", "text", "reason")
        visit.reasons = [{**dict(zip(names, told, strict=True)), "member": None}]
        visit.save(update_fields=["reasons"])


def keep_filters() -> None:
    """What the township clerk looks for every morning."""
    clerk = User.objects.get(username="by_township")
    for name, query in (("饮水未达标", "gap=WAT-01"), ("90 天未查", "visited=90")):
        households.save_filter(
            page="households:household_list",
            name=name,
            query=query,
            by=clerk,
            at=moment(date(2019, 10, 8), 9),
        )


# --- Reports --------------------------------------------------------------------------------------

_FIRST_MONTH, _LAST_MONTH = date(2019, 3, 1), date(2019, 10, 1)
_LATE = 0.06  # share of past reports that came after the 8th


def file_reports() -> int:
    """Obligations from March on; past months filed, some late; October as it stands three days before the 8th."""
    campaign = Campaign.objects.get(area_id=BAOTOU)
    officers = _officers()
    filed = 0
    for month in deadlines.months_between(_FIRST_MONTH, _LAST_MONTH):
        opened = deadlines.next_month(month)
        for place, obligation in enumerate(
            reports.open_month(campaign=campaign, month=month, at=moment(opened, 8))
        ):
            officer = officers.get(obligation.agency_id)
            if officer is None:
                continue
            rng = random.Random(f"{obligation.agency.code}:{month}")
            content = _content(officer)
            if month < _LAST_MONTH:
                day = 9 + rng.randrange(3) if rng.random() < _LATE else rng.randint(2, 8)
            else:
                day = 4 + place % 2 if place % 3 == 0 and place < 12 else 0
            if day:
                at = moment(opened.replace(day=day), 9 + place % 8 if month < _LAST_MONTH else 8)
                reports.submit_filing(
                    obligation=obligation,
                    content=content,
                    revision=0,
                    by=officer,
                    at=at,
                    arrived_at=at,
                )
                filed += 1
            elif place % 3 == 1:
                reports.save_draft(
                    obligation=obligation,
                    content=content,
                    revision=0,
                    by=officer,
                    at=moment(opened.replace(day=4), 16),
                )
    return filed


def _officers() -> dict[int, User]:
    """The first account of each unit."""
    officers: dict[int, User] = {}
    for user in (
        User.objects.filter(is_demo=True, grants__role="agency")
        .order_by("pk")
        .prefetch_related("grants")
    ):
        for grant in user.grants.all():
            if grant.agency_id:
                officers.setdefault(grant.agency_id, user)
    return officers


class _Confirmed(dict[str, dict[str, str]]):
    """Answers that confirm every computed figure, whichever lines the form turns out to have."""

    def get(self, key: str, default: object = None) -> dict[str, str]:
        return {"answer": "CONFIRM"}


def _content(officer: User) -> FilingInput:
    return FilingInput(
        answers=_Confirmed(),
        progress="按月度计划推进，逐户核对清单，完成情况见系统数。",
        problems="个别偏远户施工条件差，进度偏慢。",
        next_steps="对未完成户逐户定人定时，月底前复核。",
        signed_by=officer.display_name,
    )
