"""Areas, units, people and their roles. Names and codes of areas are real, people are invented."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from accounts.enums import Level, RoleCode
from accounts.models import Agency, Area, Grant, User

PASSWORD = "grassland-2019-wind"


class AreaFactory(DjangoModelFactory):
    """A village under no parent unless told otherwise; the same code twice is the same area."""

    class Meta:
        model = Area
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: 150222105300 + n)
    name = factory.LazyAttribute(lambda o: f"测试{o.code % 1000}村委会")
    level = Level.VILLAGE


class AgencyFactory(DjangoModelFactory):
    class Meta:
        model = Agency

    code = factory.Sequence(lambda n: f"A{n:03}")
    name = factory.Sequence(lambda n: f"测试局{n}")
    kind = "局"
    area = factory.SubFactory(AreaFactory)


class UserFactory(DjangoModelFactory):
    """A person with a known password (PASSWORD) who need not change it and has no rights yet."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    display_name = factory.Sequence(lambda n: f"测试员{n}")
    password = factory.django.Password(PASSWORD)
    must_change_password = False


class GrantFactory(DjangoModelFactory):
    class Meta:
        model = Grant

    user = factory.SubFactory(UserFactory)
    role = RoleCode.TOWNSHIP_CLERK
    area = factory.SubFactory(AreaFactory)
    valid_from = date(2019, 1, 1)


def person(role: str, area: Area | None = None, **more: object) -> User:
    """A user with one role in one area, since the beginning of 2019. `username` may be given."""
    username = more.pop("username", None)
    user = UserFactory(**({"username": username} if username else {}))
    GrantFactory(user=user, role=role, area=area, **more)
    return user
