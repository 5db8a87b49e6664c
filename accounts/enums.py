from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    """Levels of the statistical division codes; values as in the divisions file."""

    PROVINCE = "province", _("省级")
    CITY = "city", _("市级")
    COUNTY = "county", _("旗县区")
    TOWNSHIP = "township", _("苏木乡镇")
    VILLAGE = "village", _("嘎查村")


class Line(models.TextChoices):
    """Lines of work. A sector officer sees only the facts of theirs; GENERAL is every line."""

    GENERAL = "GENERAL", _("综合")
    HOUSING = "HOUSING", _("住房")
    WATER = "WATER", _("饮水")
    POWER = "POWER", _("用电")
    EDUCATION = "EDUCATION", _("教育")
    HEALTH = "HEALTH", _("医保卫生")
    INCOME = "INCOME", _("收入与产业")
    COLLECTIVE = "COLLECTIVE", _("集体经济")


class RoleCode(models.TextChoices):
    """Roles of domain §5.1, stored as these short codes."""

    VILLAGE_INFORMANT = "village_informant", _("村级信息员")
    HELPER = "helper", _("帮扶责任人")
    TOWNSHIP_CLERK = "township_clerk", _("乡镇扶贫专干")
    COUNTY_OFFICE = "county_office", _("旗县扶贫办")
    CITY_OFFICE = "city_office", _("市扶贫办")
    AGENCY = "agency", _("行业部门")
    LEADER = "leader", _("领导")
    INSPECTOR = "inspector", _("督查")
    IMPORT_ADMIN = "import_admin", _("导入管理员")
    SYSTEM_ADMIN = "system_admin", _("系统管理员")
    SECURITY_ADMIN = "security_admin", _("安全管理员")
    AUDIT_ADMIN = "audit_admin", _("审计管理员")
