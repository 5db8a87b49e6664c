"""The vocabulary: each fact that a rule may use, named once.

A name here is a column of a fact table as it held on the date judged; the engine joins the table
only where a rule reads it. `ACCOUNTING_YEAR` and `DATE_YEAR` are the two years facts are kept by.
"""

from indicators.expressions import Calculation, Derived, Fact, Theme

ACCOUNTING_YEAR = "%(accounting_year)s"
YEAR_BEFORE = "%(accounting_year)s - 1"
DATE_YEAR = "%(year)s"
SCHOOL_YEAR = "%(school_year)s"

RESIDENCE = Theme("residence", "households.Residence", "household")
STATUS = Theme("status", "households.HouseholdStatus", "household")
HOUSE_PROFILE = Theme("house_profile", "households.HouseholdProfile", "household")
FOOD = Theme("food", "households.FoodClothing", "household")
HOUSING = Theme("housing", "households.Housing", "household")
WATER = Theme("water", "households.Water", "household")
POWER = Theme("power", "households.HouseholdPower", "household")
INCOME = Theme("income", "households.IncomeYear", "household", ACCOUNTING_YEAR)
INCOME_BEFORE = Theme("income_before", "households.IncomeYear", "household", YEAR_BEFORE)
LIVING = Theme("living", "households.LivingConditions", "household")
RELOCATION = Theme("relocation", "households.Relocation", "household")
INDUSTRY = Theme("industry", "households.IndustryLink", "household", ACCOUNTING_YEAR)
LINKS = Theme("links", "households.IndustryLink", "household", DATE_YEAR)
INDUSTRY_BEFORE = Theme("industry_before", "households.IndustryLink", "household", YEAR_BEFORE)
MONITORING = Theme("monitoring", "households.Monitoring", "household")
MEMBERS = Theme("members", "", "household")  # counted by the engine from the memberships
MEMBERSHIP = Theme("membership", "households.Membership", "member")
PERSON = Theme("person", "households.Member", "member", table="households_member")
PROFILE = Theme("profile", "households.MemberProfile", "member")
SCHOOLING = Theme("schooling", "households.Schooling", "member")
INSURANCE = Theme("insurance", "households.Insurance", "member", DATE_YEAR)
INSURANCE_BEFORE = Theme("insurance_before", "households.Insurance", "member", f"{DATE_YEAR} - 1")
EMPLOYMENT = Theme("employment", "households.Employment", "member")
PENSION = Theme("pension", "households.Pension", "member")
ASSISTANCE = Theme("assistance", "households.SocialAssistance", "member")
AID = Theme("aid", "households.StudentAid", "member", SCHOOL_YEAR)
LISTING = Theme("listing", "villages.VillageListing", "village")
POPULATION = Theme("population", "villages.VillagePopulation", "village")
VILLAGE_POWER = Theme("village_power", "villages.VillagePower", "village")
CLINIC = Theme("clinic", "villages.VillageClinic", "village")
STATISTICS = Theme("statistics", "villages.VillageStatistics", "village", ACCOUNTING_YEAR)
COLLECTIVE = Theme("collective", "villages.CollectiveIncome", "village", ACCOUNTING_YEAR)
COLLECTIVE_BEFORE = Theme("collective_before", "villages.CollectiveIncome", "village", YEAR_BEFORE)


class household:
    status = Fact(STATUS, "status", "脱贫状态", "text")
    away_all_year = Fact(RESIDENCE, "away_all_year", "是否全年外出", "bool")
    has_registered_dwelling = Fact(RESIDENCE, "has_registered_dwelling", "户籍地有无住房", "bool")
    member_count = Fact(MEMBERS, "member_count", "家庭人口数", "number", "人")


class house_profile:
    kind = Fact(HOUSE_PROFILE, "kind", "贫困户属性", "text")
    cause_main = Fact(HOUSE_PROFILE, "cause_main", "主要致贫原因", "text")
    cause_other = Fact(HOUSE_PROFILE, "cause_other", "其他致贫原因", "list")


class food:
    enough_food = Fact(FOOD, "enough_food", "是否不愁吃", "bool")
    enough_clothing = Fact(FOOD, "enough_clothing", "是否不愁穿", "bool")


class housing:
    grade = Fact(HOUSING, "grade", "鉴定等级", "text")
    dangerous_reported = Fact(HOUSING, "dangerous_reported", "是否危房户（填报）", "bool")
    solution = Fact(HOUSING, "solution", "解决方式", "text")
    accepted_on = Fact(HOUSING, "accepted_on", "竣工验收日期", "date")
    key_delivered_on = Fact(HOUSING, "key_delivered_on", "交钥匙日期", "date")
    moved_in_on = Fact(HOUSING, "moved_in_on", "入住日期", "date")
    proof = Fact(HOUSING, "safe_dwelling_proof", "安全住处证明", "text")
    area_m2 = Fact(HOUSING, "area_m2", "住房面积", "number", "㎡")
    certificate_no = Fact(HOUSING, "certificate_no", "鉴定书编号", "text")
    appraised_on = Fact(HOUSING, "appraised_on", "鉴定日期", "date")


class water:
    mode = Fact(WATER, "mode", "供水方式", "text")
    litres = Fact(WATER, "litres_per_person_day", "每人每天水量", "number", "升")
    quality = Fact(WATER, "quality", "水质", "text")
    minutes = Fact(WATER, "fetch_minutes", "往返取水时间", "number", "分钟")
    metres = Fact(WATER, "distance_metres", "取水水平距离", "number", "米")
    height = Fact(WATER, "height_metres", "取水垂直高差", "number", "米")
    short_days = Fact(WATER, "short_days_per_year", "一年缺水天数", "number", "天")
    certificate_no = Fact(WATER, "certificate_no", "验收鉴定书编号", "text")
    accepted_on = Fact(WATER, "accepted_on", "饮水工程验收日期", "date")
    safe_reported = Fact(WATER, "safe_reported", "是否解决安全饮用水（填报）", "bool")


class power:
    source_kind = Fact(POWER, "source_kind", "供电方式", "text")
    is_stable = Fact(POWER, "is_stable", "供电是否稳定", "bool")
    connected_reported = Fact(POWER, "connected_reported", "是否通生活用电（填报）", "bool")
    for_production = Fact(POWER, "production_connected", "是否通生产用电", "bool")


class living:
    cultivated = Fact(LIVING, "cultivated_mu", "耕地面积", "number", "亩")
    forest = Fact(LIVING, "forest_mu", "林地面积", "number", "亩")
    fruit = Fact(LIVING, "fruit_mu", "林果面积", "number", "亩")
    irrigated = Fact(LIVING, "irrigated_mu", "有效灌溉面积", "number", "亩")
    returned = Fact(LIVING, "returned_mu", "退耕还林面积", "number", "亩")
    pasture = Fact(LIVING, "pasture_mu", "牧草地面积", "number", "亩")
    water_surface = Fact(LIVING, "water_mu", "水面面积", "number", "亩")
    road_distance = Fact(LIVING, "road_distance_km", "与村主干路距离", "number", "公里")
    sanitary_toilet = Fact(LIVING, "sanitary_toilet", "有无卫生厕所", "bool")
    fuel = Fact(LIVING, "fuel", "主要燃料类型", "text")
    in_cooperative = Fact(LIVING, "in_cooperative", "是否加入农民专业合作社", "bool")
    by_enterprise = Fact(LIVING, "by_enterprise", "是否有龙头企业带动", "bool")
    by_leader = Fact(LIVING, "by_leader", "是否有创业致富带头人带动", "bool")
    broadcast = Fact(LIVING, "broadcast", "是否通广播电视", "bool")
    road_type = Fact(LIVING, "road_type", "入户路类型", "text")


class relocation:
    is_relocated = Fact(RELOCATION, "is_relocated", "是否搬迁户", "bool")
    way = Fact(RELOCATION, "resettlement_way", "安置方式", "text")
    debt = Fact(RELOCATION, "debt_yuan", "因搬迁负债", "number", "元")
    old_house_removed = Fact(RELOCATION, "old_house_removed", "旧房是否拆除", "bool")


class income:
    wage = Fact(INCOME, "wage_yuan", "工资性收入", "number", "元")
    operating = Fact(INCOME, "operating_yuan", "生产经营性收入", "number", "元")
    property = Fact(INCOME, "property_yuan", "财产性收入", "number", "元")
    transfer = Fact(INCOME, "transfer_yuan", "转移性收入", "number", "元")
    expense = Fact(INCOME, "operating_expense_yuan", "生产经营性支出", "number", "元")
    persons = Fact(INCOME, "persons_in_year", "年度家庭人口数", "number", "人")
    reported = Fact(INCOME, "net_per_person_reported_yuan", "人均纯收入（填报）", "number", "元")
    dividend = Fact(INCOME, "asset_dividend_yuan", "资产收益扶贫分红", "number", "元")
    other_property = Fact(INCOME, "other_property_yuan", "其他财产性收入", "number", "元")
    family_planning = Fact(INCOME, "family_planning_yuan", "计划生育金", "number", "元")
    dibao = Fact(INCOME, "dibao_yuan", "低保金", "number", "元")
    tekun = Fact(INCOME, "tekun_yuan", "特困供养金", "number", "元")
    pension = Fact(INCOME, "pension_yuan", "养老保险金", "number", "元")
    eco_compensation = Fact(INCOME, "eco_compensation_yuan", "生态补偿金", "number", "元")
    other_transfer = Fact(INCOME, "other_transfer_yuan", "其他转移性收入", "number", "元")
    net = Calculation(
        "{} + {} + {} + {} - {}", (wage, operating, property, transfer, expense), "纯收入"
    )


class income_before:
    wage = Fact(INCOME_BEFORE, "wage_yuan", "上一年度工资性收入", "number", "元")
    operating = Fact(INCOME_BEFORE, "operating_yuan", "上一年度生产经营性收入", "number", "元")
    property = Fact(INCOME_BEFORE, "property_yuan", "上一年度财产性收入", "number", "元")
    transfer = Fact(INCOME_BEFORE, "transfer_yuan", "上一年度转移性收入", "number", "元")
    expense = Fact(
        INCOME_BEFORE, "operating_expense_yuan", "上一年度生产经营性支出", "number", "元"
    )
    persons = Fact(INCOME_BEFORE, "persons_in_year", "上一年度家庭人口数", "number", "人")
    reported = Fact(
        INCOME_BEFORE, "net_per_person_reported_yuan", "上一年度人均纯收入（填报）", "number", "元"
    )
    net = Calculation(
        "{} + {} + {} + {} - {}", (wage, operating, property, transfer, expense), "上一年度纯收入"
    )


class links:
    """What the household takes part in during the year of the date."""

    kinds = Fact(LINKS, "kinds", "本年度产业带动方式", "list")
    income = Fact(LINKS, "income_yuan", "本年度产业带动收入", "number", "元")


class industry:
    kinds = Fact(INDUSTRY, "kinds", "产业带动方式", "list")
    income = Fact(INDUSTRY, "income_yuan", "产业带动收入", "number", "元")
    photovoltaic = Fact(INDUSTRY, "photovoltaic_yuan", "光伏收益", "number", "元")
    income_before = Fact(INDUSTRY_BEFORE, "income_yuan", "上一年度产业带动收入", "number", "元")


class monitoring:
    type = Fact(MONITORING, "monitor_type", "监测对象类别", "text")
    risk_removed = Fact(MONITORING, "risk_removed", "风险是否已消除", "bool")


class member:
    birth_date = Fact(PERSON, "birth_date", "出生日期", "date")
    sex = Fact(PERSON, "sex", "性别", "text")
    id_digest = Fact(PERSON, "id_hash", "证件号码", "digest")
    ethnic = Fact(PERSON, "ethnic", "民族", "text")
    relation = Fact(MEMBERSHIP, "relation", "与户主关系", "text")
    education = Fact(PROFILE, "education", "文化程度", "text")
    health = Fact(PROFILE, "health", "健康状况", "list")
    disability_type = Fact(PROFILE, "disability_type", "残疾类别", "text")
    disability_grade = Fact(PROFILE, "disability_grade", "残疾等级", "text")
    labour = Fact(PROFILE, "labour_capacity", "劳动技能", "text")
    in_army = Fact(PROFILE, "in_army", "是否现役军人", "bool")
    age = Derived(
        PERSON, "age", "周岁", "number", "周岁",
        source=Calculation("date_part('year', age(%(on)s::date, {}))::int", (birth_date,)),
    )  # fmt: skip
    days_old = Calculation("%(on)s::date - {}", (birth_date,), "出生天数")


class schooling:
    since = Fact(SCHOOLING, "valid_from", "在校情况登记自", "date")
    status = Fact(SCHOOLING, "student_status", "在校生状况", "text")
    home_taught_on = Fact(SCHOOLING, "home_taught_on", "最近送教日期", "date")
    exemption = Fact(SCHOOLING, "exemption", "不入学原因", "text")
    exemption_document = Fact(SCHOOLING, "exemption_document", "批准文件", "text")
    exemption_authority = Fact(SCHOOLING, "exemption_authority", "批准单位", "text")
    exemption_valid_until = Fact(SCHOOLING, "exemption_valid_until", "批准有效期至", "date")


class insurance:
    resident = Fact(INSURANCE, "resident", "城乡居民基本医疗保险", "bool")
    employee = Fact(INSURANCE, "employee", "城镇职工基本医疗保险", "bool")
    serious_illness = Fact(INSURANCE, "serious_illness", "大病保险", "bool")
    family_doctor = Fact(INSURANCE, "family_doctor", "是否签约家庭医生", "bool")
    exemption = Fact(INSURANCE, "exemption", "免参保原因", "text")


class insurance_before:
    resident = Fact(INSURANCE_BEFORE, "resident", "上年度城乡居民基本医疗保险", "bool")
    employee = Fact(INSURANCE_BEFORE, "employee", "上年度城镇职工基本医疗保险", "bool")


class employment:
    work_area = Fact(EMPLOYMENT, "work_area", "务工区域", "text")
    work_place = Fact(EMPLOYMENT, "work_place", "务工所在地", "text")
    work_months = Fact(EMPLOYMENT, "work_months", "务工时间", "number", "个月")
    channel = Fact(EMPLOYMENT, "channel", "就业渠道", "text")
    public_post = Fact(EMPLOYMENT, "public_post", "公益性岗位类型", "text")
    post_months = Fact(EMPLOYMENT, "post_months", "公益性岗位月数", "number", "个月")
    training_wanted = Fact(EMPLOYMENT, "training_wanted", "是否愿意参加培训", "bool")
    trained_on = Fact(EMPLOYMENT, "trained_on", "最近培训日期", "date")


class pension:
    resident = Fact(PENSION, "resident", "城乡居民基本养老保险", "bool")
    employee = Fact(PENSION, "employee", "城镇职工基本养老保险", "bool")
    receiving = Fact(PENSION, "receiving", "是否领取养老金", "bool")
    paid_by_government = Fact(PENSION, "paid_by_government", "是否由政府代缴", "bool")


class assistance:
    dibao = Fact(ASSISTANCE, "dibao", "是否享受低保", "bool")
    dibao_class = Fact(ASSISTANCE, "dibao_class", "低保类别", "text")
    tekun = Fact(ASSISTANCE, "tekun", "是否特困供养人员", "bool")
    living_subsidy = Fact(ASSISTANCE, "living_subsidy", "困难残疾人生活补贴", "bool")
    care_subsidy = Fact(ASSISTANCE, "care_subsidy", "重度残疾人护理补贴", "bool")


class aid:
    entitled = Fact(AID, "entitled", "是否应享受资助", "bool")
    paid = Fact(AID, "paid", "资助是否发放", "bool")


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
    has_clinic = Fact(CLINIC, "has_clinic", "有无标准化卫生室", "bool")
    clinic_area = Fact(CLINIC, "clinic_area_m2", "卫生室面积", "number", "㎡")
    has_qualified_doctor = Fact(CLINIC, "has_qualified_doctor", "有无合格村医", "bool")
    served_by_mobile = Fact(CLINIC, "served_by_mobile", "是否巡回医疗覆盖", "bool")
    households = Fact(STATISTICS, "households", "总户数", "number", "户")
    cultivated = Fact(STATISTICS, "cultivated_mu", "耕地面积", "number", "亩")
    dangerous_houses = Fact(STATISTICS, "dangerous_house_households", "危房户数", "number", "户")
    unsafe_water = Fact(STATISTICS, "unsafe_water_households", "未实现饮水安全户数", "number", "户")
    population = Fact(STATISTICS, "population", "总人口数", "number", "人")
    cooperatives = Fact(STATISTICS, "cooperatives", "农民专业合作社个数", "number", "个")
    paved_to_township = Fact(STATISTICS, "paved_to_township", "到乡镇是否通沥青（水泥）路", "bool")
