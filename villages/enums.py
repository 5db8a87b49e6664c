"""Code lists of the village form (domain §3.3, L26)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Terrain(models.TextChoices):
    PLAIN = "PLAIN", _("平原")
    HILL = "HILL", _("丘陵")
    MOUNTAIN = "MOUNTAIN", _("山地")
    PLATEAU = "PLATEAU", _("高原")
    BASIN = "BASIN", _("盆地")


class Affiliation(models.TextChoices):
    CENTRAL = "CENTRAL", _("中央")
    PROVINCE = "PROVINCE", _("省")
    CITY = "CITY", _("市")
    COUNTY = "COUNTY", _("县")
    TOWNSHIP = "TOWNSHIP", _("乡镇")
    ARMY = "ARMY", _("部队")
    OTHER = "OTHER", _("其他")
