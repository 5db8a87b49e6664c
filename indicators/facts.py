"""The vocabulary: each fact that a rule may use, named once.

A name here is a column of a fact table as it held on the date judged; the engine joins the table
only where a rule reads it. `ACCOUNTING_YEAR` and `DATE_YEAR` are the two years facts are kept by.
"""

from indicators.expressions import Calculation, Fact, Theme

ACCOUNTING_YEAR = "%(accounting_year)s"
YEAR_BEFORE = "%(accounting_year)s - 1"
DATE_YEAR = "%(year)s"

RESIDENCE = Theme("residence", "households.Residence", "household")
STATUS = Theme("status", "households.HouseholdStatus", "household")
FOOD = Theme("food", "households.FoodClothing", "household")
HOUSING = Theme("housing", "households.Housing", "household")
WATER = Theme("water", "households.Water", "household")
POWER = Theme("power", "households.HouseholdPower", "household")
INCOME = Theme("income", "households.IncomeYear", "household", ACCOUNTING_YEAR)
MEMBERS = Theme("members", "", "household")  # counted by the engine from the memberships
MEMBERSHIP = Theme("membership", "households.Membership", "member")
PERSON = Theme("person", "households.Member", "member")
PROFILE = Theme("profile", "households.MemberProfile", "member")
SCHOOLING = Theme("schooling", "households.Schooling", "member")
INSURANCE = Theme("insurance", "households.Insurance", "member", DATE_YEAR)
LISTING = Theme("listing", "villages.VillageListing", "village")
POPULATION = Theme("population", "villages.VillagePopulation", "village")
VILLAGE_POWER = Theme("village_power", "villages.VillagePower", "village")
COLLECTIVE = Theme("collective", "villages.CollectiveIncome", "village", ACCOUNTING_YEAR)
COLLECTIVE_BEFORE = Theme("collective_before", "villages.CollectiveIncome", "village", YEAR_BEFORE)


class household:
    status = Fact(STATUS, "status", "脱贫状态", "text")
    away_all_year = Fact(RESIDENCE, "away_all_year", "是否全年外出", "bool")
    has_registered_dwelling = Fact(RESIDENCE, "has_registered_dwelling", "户籍地有无住房", "bool")
    member_count = Fact(MEMBERS, "member_count", "家庭人口数", "number", "人")


class housing:
    grade = Fact(HOUSING, "grade", "鉴定等级", "text")
    dangerous_reported = Fact(HOUSING, "dangerous_reported", "是否危房户（填报）", "bool")
    solution = Fact(HOUSING, "solution", "解决方式", "text")
    accepted_on = Fact(HOUSING, "accepted_on", "竣工验收日期", "date")
    key_delivered_on = Fact(HOUSING, "key_delivered_on", "交钥匙日期", "date")
    moved_in_on = Fact(HOUSING, "moved_in_on", "入住日期", "date")
    proof = Fact(HOUSING, "safe_dwelling_proof", "安全住处证明", "text")
    area_m2 = Fact(HOUSING, "area_m2", "住房面积", "number", "㎡")


class water:
    mode = Fact(WATER, "mode", "供水方式", "text")
    litres = Fact(WATER, "litres_per_person_day", "每人每天水量", "number", "升")
    quality = Fact(WATER, "quality", "水质", "text")
    minutes = Fact(WATER, "fetch_minutes", "往返取水时间", "number", "分钟")
    metres = Fact(WATER, "distance_metres", "取水水平距离", "number", "米")
    height = Fact(WATER, "height_metres", "取水垂直高差", "number", "米")
    short_days = Fact(WATER, "short_days_per_year", "一年缺水天数", "number", "天")
    safe_reported = Fact(WATER, "safe_reported", "是否解决安全饮用水（填报）", "bool")


class power:
    source_kind = Fact(POWER, "source_kind", "供电方式", "text")
    is_stable = Fact(POWER, "is_stable", "供电是否稳定", "bool")
    connected_reported = Fact(POWER, "connected_reported", "是否通生活用电（填报）", "bool")


class income:
    wage = Fact(INCOME, "wage_yuan", "工资性收入", "number", "元")
    operating = Fact(INCOME, "operating_yuan", "生产经营性收入", "number", "元")
    property = Fact(INCOME, "property_yuan", "财产性收入", "number", "元")
    transfer = Fact(INCOME, "transfer_yuan", "转移性收入", "number", "元")
    expense = Fact(INCOME, "operating_expense_yuan", "生产经营性支出", "number", "元")
    persons = Fact(INCOME, "persons_in_year", "年度家庭人口数", "number", "人")
    reported = Fact(INCOME, "net_per_person_reported_yuan", "人均纯收入（填报）", "number", "元")
    net = Calculation(
        "{} + {} + {} + {} - {}", (wage, operating, property, transfer, expense), "纯收入"
    )


class member:
    birth_date = Fact(PERSON, "birth_date", "出生日期", "date")
    education = Fact(PROFILE, "education", "文化程度", "text")
    age = Calculation("EXTRACT(YEAR FROM age(%(on)s::date, {}))", (birth_date,), "周岁")
    days_old = Calculation("%(on)s::date - {}", (birth_date,), "出生天数")


class schooling:
    status = Fact(SCHOOLING, "student_status", "在校生状况", "text")
    home_taught_on = Fact(SCHOOLING, "home_taught_on", "最近送教日期", "date")
    exemption = Fact(SCHOOLING, "exemption", "不入学原因", "text")
    exemption_document = Fact(SCHOOLING, "exemption_document", "批准文件", "text")
    exemption_authority = Fact(SCHOOLING, "exemption_authority", "批准单位", "text")
    exemption_valid_until = Fact(SCHOOLING, "exemption_valid_until", "批准有效期至", "date")


class insurance:
    resident = Fact(INSURANCE, "resident", "城乡居民基本医疗保险", "bool")
    employee = Fact(INSURANCE, "employee", "城镇职工基本医疗保险", "bool")
    exemption = Fact(INSURANCE, "exemption", "免参保原因", "text")


class village:
    is_poor_village = Fact(LISTING, "is_poor_village", "是否贫困村", "bool")
    out_year = Fact(LISTING, "out_year", "出列年度", "number")
    rural_population = Fact(
        POPULATION, "rural_population_end_2014", "2014年末乡村人口数", "number", "人"
    )
    three_phase_power = Fact(VILLAGE_POWER, "three_phase_power", "是否通动力电", "bool")
    off_grid = Fact(VILLAGE_POWER, "off_grid", "是否大电网覆盖范围外", "bool")
    off_grid_document = Fact(VILLAGE_POWER, "off_grid_document", "网外证明文件", "text")
    collective_income = Fact(COLLECTIVE, "income_yuan", "判定年度集体经济收入", "number", "元")
    collective_income_before = Fact(
        COLLECTIVE_BEFORE, "income_yuan", "上一年度集体经济收入", "number", "元"
    )
