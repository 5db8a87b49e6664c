"""One of everything at each of three places: one's own village, one of the neighbouring township,
and one of another city. The access matrix walks through it.

`secrets` are words that stand nowhere but on that place's household, `neighbours` on another of its
village; `numbers` are full identity numbers, which no page shows before someone asks for them.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from accounts.enums import Level, RoleCode
from accounts.models import Agency, Area, User
from core import clock
from households.models import (
    CheckRound,
    DropoutCase,
    Household,
    Member,
    MonitoringCase,
    SavedFilter,
    StatusProcess,
)
from imports.models import ImportBatch
from indicators.enums import SubjectKind
from indicators.models import Finding, FindingException, Gap, StandardProposal, StandardTrial
from indicators.quality.services import find_all, request_exception
from indicators.services import load_standards, recompute
from tasks.enums import CaseState, Category
from tasks.models import Campaign, Case, CaseAgency, CaseEvent, Task, TaskAgency
from tests.accounts.factories import UserFactory, person
from tests.households.factories import (
    EvidenceFactory,
    HouseholdCheckFactory,
    HouseholdFactory,
    HousingFactory,
    MemberFactory,
    PairingFactory,
    ResidenceFactory,
)
from villages.models import Village

POSITIONS = ("own", "sibling", "foreign")


@dataclass
class World:
    """`world["own"].household` and so on; every attribute exists at all three positions."""

    at: dict[str, SimpleNamespace]

    def __getitem__(self, position: str) -> SimpleNamespace:
        return self.at[position]

    def belongs_to(self, user: User | None) -> None:
        """Pair a helper with their household at "own"."""
        if user and user.grants.filter(role=RoleCode.HELPER).exists():
            PairingFactory(household=self["own"].household, helper=user)


def build_world(places: SimpleNamespace, agency: Agency) -> World:
    """`agency` answers for what lies at "own", another one of its county for "sibling"."""
    load_standards(at=clock.now())
    city = _area(150600000000, "鄂尔多斯市", Level.CITY, places.province)
    county = _area(150621000000, "达拉特旗", Level.COUNTY, city)
    township = _area(150621100000, "树林召镇", Level.TOWNSHIP, county)
    village = _area(150621100201, "树林召村委会", Level.VILLAGE, township)
    near = _campaign("near", places.city)
    beside = Agency.objects.create(code="JYJ", name="固阳县教育局", kind="局", area=places.county)
    far = Agency.objects.create(code="ZJJ", name="达拉特旗住建局", kind="局", area=county)
    world = World(
        {
            "own": _place(1, places.village, near, agency),
            "sibling": _place(2, places.other_village, near, beside),
            "foreign": _place(3, village, _campaign("far", city), far),
        }
    )
    run = recompute(on=date(2019, 11, 4), at=clock.now())
    find_all(run=run, at=clock.now())
    for place in world.at.values():
        place.finding = Finding.objects.get(household=place.household, rule="DQ-EXIT-01C")
        place.exception = _exception(place.finding, UserFactory())
        place.run = run
        place.gap = Gap.objects.get(household=place.household, indicator="HOU-01")
    return world


def _area(code: int, name: str, level: Level, parent: Area) -> Area:
    return Area.objects.create(code=code, name=name, level=level, parent=parent)


def _campaign(code: str, area: Area) -> Campaign:
    return Campaign.objects.create(code=code, name=f"{area}清零达标", area=area, year=2019)


def _place(number: int, area: Area, campaign: Campaign, agency: Agency) -> SimpleNamespace:
    village = Village.objects.create(area=area)
    household = HouseholdFactory(
        village=village,
        code=f"{area.code}000{number}",
        head_name=f"暗号户主{number}",
        with_members=1,
    )
    task = Task.objects.create(
        campaign=campaign, code=f"{number}", title="危房清零", category=Category.ZERO, order=number,
        indicators=[f"HOU-0{number}"],
    )  # fmt: skip
    TaskAgency.objects.create(task=task, agency=agency, role="LEAD")
    author = UserFactory()
    account = person(RoleCode.VILLAGE_INFORMANT, area)
    member = MemberFactory(household=household, name=f"暗号成员{number}")
    neighbour = HouseholdFactory(
        village=village,
        code=f"{area.code}001{number}",
        head_name=f"暗号邻居{number}",
        with_members=1,
    )
    for each in (household, neighbour):
        ResidenceFactory(household=each)
        HousingFactory(household=each, grade="D")
    return SimpleNamespace(
        secrets=[household.head_name, member.name, household.code],
        neighbours=[neighbour.head_name, neighbour.code],
        numbers=[member.id_number],
        area=area,
        village=village,
        household=household,
        member=member,
        account=account,
        saved_filter=SavedFilter.objects.create(
            user=account, page="households:household_list", name="查询", query="status=RETURNED"
        ),
        grant=account.grants.get(),
        check=HouseholdCheckFactory(household=household, author=author, submitted=True),
        paper=EvidenceFactory(household=household, uploaded_by=author),
        round=_round(area.parent),
        dropout=_dropout(member, author),
        watched=_watched(household),
        borderline=_borderline(village),
        process=_process(household, author),
        proposal=_proposal(area.parent, author),
        trial=_trial(household, author),
        task=task,
        case=_case(number, household, task, agency),
        batch=_batch(area.parent.parent, author),
        **_report(campaign, agency, author),
    )


def _case(number: int, household: object, task: Task, agency: Agency) -> Case:
    opened = date(2019, 10, 20)
    case = Case.objects.create(
        number=f"2019-{number:04}", year=2019, serial=number, campaign=task.campaign, task=task,
        indicator=f"HOU-0{number}", subject_kind=SubjectKind.HOUSEHOLD, subject_id=household.pk,
        household=household, village=household.village, township=household.village.area.parent,
        opened_on=opened, due_on=opened + timedelta(days=30), changed_on=opened,
    )  # fmt: skip
    CaseAgency.objects.create(case=case, agency=agency)
    CaseEvent.objects.create(
        case=case, kind="OPENED", to_state=CaseState.REGISTERED, on=opened, at=clock.now()
    )
    return case


def _dropout(member: Member, author: User) -> DropoutCase:
    opened = date(2019, 10, 20)
    return DropoutCase.objects.create(
        member=member, source="VISIT", opened_on=opened, opened_by=author, since_on=opened,
        pursued_since=opened, due_on=opened + timedelta(days=5),
    )  # fmt: skip


def _watched(household: Household) -> MonitoringCase:
    reported = date(2019, 11, 1)
    return MonitoringCase.objects.create(
        household=household, clue_kind="CADRE", reported_on=reported, since_on=reported,
        due_on=reported + timedelta(days=5),
    )  # fmt: skip


def _borderline(village: Village) -> MonitoringCase:
    reported = date(2019, 11, 1)
    return MonitoringCase.objects.create(
        village=village, head_name="钱守田", id_number="110101197003071234", id_mask="110*************34",
        clue_kind="CADRE", reported_on=reported, since_on=reported,
        due_on=reported + timedelta(days=5),
    )  # fmt: skip


def _round(township: Area) -> CheckRound:
    return CheckRound.objects.create(
        name="2019年11月入户核查",
        area=township,
        opened_on=date(2019, 11, 1),
        due_on=date(2019, 11, 15),
    )


def _reading(township: Area) -> dict[str, Any]:
    low, high = township.range
    return {
        "code": "water_l_basic", "region": str(township.code)[:9], "low": low, "high": high, "value": "15",
        "valid_from": date(2019, 11, 1),
    }  # fmt: skip


def _proposal(township: Area, author: User) -> StandardProposal:
    return StandardProposal.objects.create(
        document="kaizhou-2019", section="一", reason="核实后调整", proposed_by=author,
        proposed_at=clock.now(), **_reading(township),
    )  # fmt: skip


def _trial(household: Household, author: User) -> StandardTrial:
    village = household.village_id
    turned = {"village": village, "indicator": "WAT-01", "before": "NOT_MET", "after": None}
    return StandardTrial.objects.create(
        on=date(2019, 11, 5), asked_by=author, asked_at=clock.now(), state="DONE", unit_count=1,
        villages=[
            {
                **turned, "after": "MET", "was": [0, 1], "will": [1, 1], "failing": 0, "unknown": 0, "clear": 1,
            }
        ],
        units=[
            {**turned, "kind": "HOUSEHOLD", "subject": household.pk, "household": household.pk}
        ],
        **_reading(household.village.area.parent),
    )  # fmt: skip


def _exception(finding: Finding, author: User) -> FindingException:
    """Somebody else asked; it waits."""
    return request_exception(
        finding=finding, reason="核实属实", expires_on=date(2020, 3, 31), by=author, on=date(2019, 11, 5),
        at=clock.now(),
    )  # fmt: skip


def _process(household: Household, author: User) -> StatusProcess:
    day = date(2019, 10, 20)
    return StatusProcess.objects.create(
        kind="STOP_POLICY", household=household, village=household.village, name=household.head_name,
        from_status="LIFTED_POLICY", to_status="LIFTED_NO_POLICY", step="REVIEW", opened_on=day,
        changed_on=day, opened_by=author,
    )  # fmt: skip


def _batch(area: Area, author: User) -> ImportBatch:
    """Uploaded for the county."""
    return ImportBatch.objects.create(
        kind="households", file_name="名单.xlsx", sha256="0" * 64, area=area, header_row=1,
        told_on=date(2019, 11, 5), uploaded_by=author, uploaded_at=clock.now(),
    )  # fmt: skip


def _report(campaign: Campaign, agency: Agency, author: User) -> dict[str, object]:
    from reports.models import Filing, Obligation

    now = clock.now()
    months = {"obligation": date(2019, 10, 1), "reported": date(2019, 9, 1)}
    owed = {
        name: Obligation.objects.create(
            campaign=campaign, agency=agency, month=month, due_at=now + timedelta(days=3)
        )
        for name, month in months.items()
    }
    filing = Filing.objects.create(
        obligation=owed["reported"], state="SUBMITTED", author=author, saved_at=now, submitted_at=now,
        receipt=f"R{owed['reported'].pk}",
    )  # fmt: skip
    return {"obligation": owed["obligation"], "filing": filing}
