"""Households, members and their facts. A bare household has a status and a head; `complete=True`
adds every fact a check asks for, all of them good. Every fact is a first version of early 2019."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import factory
from django.conf import settings
from PIL import Image

from core import files
from core.fields import keyed_hash
from core.masking import mask_id_number
from households.documents import line_of, theme_of
from households.enums import (
    HouseGrade,
    PowerSource,
    Relation,
    Status,
    StudentStatus,
    WaterMode,
    WaterQuality,
)
from households.identity import check_digit
from households.models import (
    Evidence,
    FoodClothing,
    Household,
    HouseholdCheck,
    HouseholdPower,
    HouseholdProfile,
    HouseholdStatus,
    Housing,
    IncomeYear,
    Insurance,
    Member,
    MemberProfile,
    Membership,
    Pairing,
    Residence,
    Schooling,
    Water,
)
from tests.villages.factories import KNOWN, START, VillageFactory


def id_number(number: int, born: date = date(1960, 1, 1), *, male: bool = True) -> str:
    """A valid citizen number of nobody: its county was never assigned."""
    order = number % 500 * 2 + (1 if male else 0)
    digits = f"1599{number // 500 % 100:02d}{born:%Y%m%d}{order:03d}"
    return digits + check_digit(digits)


class HouseholdFactory(factory.django.DjangoModelFactory):
    """`complete=True` adds good facts; `with_members=3` adds that many beside the head."""

    class Meta:
        model = Household
        skip_postgeneration_save = True

    village = factory.SubFactory(VillageFactory)
    code = factory.Sequence(lambda n: f"150222105{n:07d}")
    head_name = factory.Sequence(lambda n: f"户主{n}")

    @factory.post_generation
    def status(self, create: bool, extracted: str | None, **_: Any) -> None:
        if create and extracted != "":
            HouseholdStatusFactory(household=self, status=extracted or Status.LIFTED_POLICY)

    @factory.post_generation
    def with_members(self, create: bool, extracted: int | None, **_: Any) -> None:
        if not create:
            return
        MemberFactory(household=self, name=self.head_name, relation=Relation.HEAD)
        for _n in range(extracted or 0):
            MemberFactory(household=self, relation=Relation.SON)

    @factory.post_generation
    def complete(self, create: bool, extracted: bool | None, **_: Any) -> None:
        if create and extracted:
            for each in (
                ResidenceFactory,
                HouseholdProfileFactory,
                FoodClothingFactory,
                HousingFactory,
                WaterFactory,
                HouseholdPowerFactory,
                IncomeYearFactory,
            ):
                each(household=self)
            for member in self.members.all():
                InsuranceFactory(member=member)


class MemberFactory(factory.django.DjangoModelFactory):
    """A person with a valid number that belongs to nobody, and a membership."""

    class Meta:
        model = Member
        skip_postgeneration_save = True

    class Params:
        serial = factory.Sequence(lambda n: n)

    household = factory.SubFactory(HouseholdFactory)
    village = factory.SelfAttribute("household.village")
    code = factory.LazyAttribute(lambda o: f"{o.household.code}{o.serial % 10000:04d}")
    name = factory.LazyAttribute(lambda o: f"成员{o.serial}")
    sex = "MALE"
    birth_date = date(1960, 1, 1)
    id_number = factory.LazyAttribute(
        lambda o: id_number(o.serial, o.birth_date, male=o.sex == "MALE")
    )
    id_hash = factory.LazyAttribute(lambda o: keyed_hash(o.id_number))
    id_mask = factory.LazyAttribute(lambda o: mask_id_number(o.id_number) if o.id_number else "")

    @factory.post_generation
    def relation(self, create: bool, extracted: str | None, **_: Any) -> None:
        if create:
            MembershipFactory(member=self, relation=extracted or Relation.SON)


class HouseholdFactFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    household = factory.SubFactory(HouseholdFactory)
    village = factory.SelfAttribute("household.village")
    valid_from = START
    recorded_at = KNOWN
    source = "OFFICE"


class MemberFactFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    member = factory.SubFactory(MemberFactory)
    household = factory.SelfAttribute("member.household")
    village = factory.SelfAttribute("member.household.village")
    valid_from = START
    recorded_at = KNOWN
    source = "OFFICE"


class HouseholdStatusFactory(HouseholdFactFactory):
    class Meta:
        model = HouseholdStatus

    status = Status.LIFTED_POLICY


class ResidenceFactory(HouseholdFactFactory):
    class Meta:
        model = Residence

    hamlet = "三组"


class HouseholdProfileFactory(HouseholdFactFactory):
    class Meta:
        model = HouseholdProfile

    cause_main = "ILLNESS"
    phone = "13800006127"


class FoodClothingFactory(HouseholdFactFactory):
    class Meta:
        model = FoodClothing

    enough_food = True
    enough_clothing = True


class HousingFactory(HouseholdFactFactory):
    class Meta:
        model = Housing

    grade = HouseGrade.B
    certificate_no = "固住鉴〔2018〕0317号"


class WaterFactory(HouseholdFactFactory):
    class Meta:
        model = Water

    mode = WaterMode.WELL
    litres_per_person_day = Decimal("25.0")
    quality = WaterQuality.MET
    fetch_minutes = 10
    short_days_per_year = 30


class HouseholdPowerFactory(HouseholdFactFactory):
    class Meta:
        model = HouseholdPower

    source_kind = PowerSource.MAINS
    is_stable = True


class IncomeYearFactory(HouseholdFactFactory):
    class Meta:
        model = IncomeYear

    year = 2018
    wage_yuan = Decimal("18000.00")
    operating_yuan = Decimal("9400.00")
    property_yuan = Decimal("600.00")
    transfer_yuan = Decimal("8260.00")
    operating_expense_yuan = Decimal("3100.00")
    persons_in_year = 5


class MembershipFactory(MemberFactFactory):
    class Meta:
        model = Membership

    relation = Relation.SON


class MemberProfileFactory(MemberFactFactory):
    class Meta:
        model = MemberProfile

    education = "PRIMARY"
    health = ["HEALTHY"]


class SchoolingFactory(MemberFactFactory):
    class Meta:
        model = Schooling

    student_status = StudentStatus.PRIMARY


class InsuranceFactory(MemberFactFactory):
    class Meta:
        model = Insurance

    year = 2019
    resident = True
    employee = False


class PairingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Pairing

    household = factory.SubFactory(HouseholdFactory)
    valid_from = START


class HouseholdCheckFactory(factory.django.DjangoModelFactory):
    """A draft; `submitted=True` makes one that counts."""

    class Meta:
        model = HouseholdCheck

    class Params:
        submitted = factory.Trait(
            state="SUBMITTED", submitted_at=datetime(2019, 11, 1, 4, tzinfo=UTC)
        )

    household = factory.SubFactory(HouseholdFactory)
    village = factory.SelfAttribute("household.village")
    visited_on = date(2019, 11, 1)
    saved_at = datetime(2019, 11, 1, 4, tzinfo=UTC)


def photograph(colour: str = "red", size: tuple[int, int] = (60, 40)) -> bytes:
    """A small JPEG file; another colour is another file."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


class EvidenceFactory(factory.django.DjangoModelFactory):
    """A housing appraisal with its file on the disk."""

    class Meta:
        model = Evidence
        skip_postgeneration_save = True

    household = factory.SubFactory(HouseholdFactory)
    kind = "HOUSE_APPRAISAL"
    theme = factory.LazyAttribute(lambda o: theme_of(o.kind))
    line = factory.LazyAttribute(lambda o: line_of(o.theme))
    content_type = "image/jpeg"
    size = 100
    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    file_key = factory.Sequence(lambda n: f"150222105203/00/{n}.jpg")
    has_preview = True
    uploaded_by = factory.SubFactory("tests.accounts.factories.UserFactory")
    uploaded_at = KNOWN

    @factory.post_generation
    def stored(self, create: bool, extracted: bool | None, **_: Any) -> None:
        if create:
            for key in (self.file_key, self.preview_key):
                files.delete(settings.EVIDENCE_DIR, [key])
                files.write(settings.EVIDENCE_DIR, key, photograph())
