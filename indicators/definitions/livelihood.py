"""Industry, employment and safety net of a registered household (domain §2.8–2.10)."""

from accounts.enums import Line
from indicators.definitions.base import Clause, Indicator, NoLine, Threshold
from indicators.definitions.scopes import (
    ABLE_REMARK,
    REGISTERED,
    able,
    able_here,
    at_work,
    steady,
    supported,
)
from indicators.expressions import (
    Calculation,
    Parameter,
    Part,
    Surely,
    all_of,
    any_of,
    none_known,
)
from indicators.facts import industry, links, living

KINDS_THAT_TIE = (
    "OWN_PROJECT",
    "ASSET_INCOME",
    "ENTRUSTED",
    "ORDER",
    "SHARE",
    "PHOTOVOLTAIC",
    "ECOMMERCE",
    "TOURISM",
)
# OTHER may be money or goods handed out once, which do not count: it neither proves nor refutes.
LINKED = Calculation(
    "CASE WHEN {} THEN TRUE WHEN {} = 0 THEN FALSE END",
    (links.kinds.has_any(*KINDS_THAT_TIE), links.income),
    "产业带动",
)
LINKED_TEXT = "自主发展、资产收益、托管代养、订单收购、入股分红、光伏、电商、旅游任一"
LINKED_REMARK = "带动方式没有填或只填“其他”的：带动收入为0的不算有带动，其余为不明。"

IND_01 = Indicator(
    code="IND-01",
    name="产业扶贫覆盖",
    short_name="产业",
    subject="household",
    unit="户",
    line=Line.INCOME,
    clause=Clause("baotou-2019", "二(二)1"),
    description="有劳动能力的户，判定日所在年度至少有一种产业带动方式；一次性发钱发物的不算。",
    applies=all_of(REGISTERED, able.some()),
    met=Part("产业带动", LINKED, LINKED_TEXT),
    exempt=all_of(Parameter("industry_away_exempt").is_on(), able_here.nobody()),
    reported=any_of(
        living.in_cooperative.is_yes(), living.by_enterprise.is_yes(), living.by_leader.is_yes()
    ),
    reported_when=none_known(links.kinds, links.income),
    threshold=Threshold("industry_pass_pct"),
    remarks=(
        ABLE_REMARK,
        LINKED_REMARK,
        "带动方式和收入都没有填时，以填报的合作社、龙头企业、带头人带动为准，另记“仅填报”。",
        "劳动力全部在县外务工、达到稳定就业月数的户，在方案规定除外的地方豁免；完全没有劳动能力的户不计入。",
    ),
)

IND_03 = Indicator(
    code="IND-03",
    name="电商扶贫带动",
    short_name="电商",
    subject="household",
    unit="户",
    line=Line.INCOME,
    clause=Clause("baotou-2019", "二(二)1"),
    description="判定日所在年度由电商带动的户数。",
    applies=REGISTERED,
    met=Part("产业带动方式", links.kinds.has_any("ECOMMERCE"), "电商扶贫"),
    threshold=NoLine(),
    counts_only=True,
    remarks=("目标户数见任务；登记表不分带动方式记收入，增收多少不在此判定。",),
)

IND_04 = Indicator(
    code="IND-04",
    name="旅游扶贫带动",
    short_name="旅游",
    subject="household",
    unit="户",
    line=Line.INCOME,
    clause=Clause("baotou-2019", "二(二)1"),
    description="判定日所在年度由乡村旅游带动的户数。",
    applies=REGISTERED,
    met=Part("产业带动方式", links.kinds.has_any("TOURISM"), "乡村旅游"),
    threshold=NoLine(),
    counts_only=True,
    remarks=("目标户数见任务；登记表不分带动方式记收入，增收多少不在此判定。",),
)

PV_LEAST = Parameter("photovoltaic_income_min_yuan")

IND_05 = Indicator(
    code="IND-05",
    name="光伏收益到户",
    short_name="光伏",
    subject="household",
    unit="户",
    line=Line.INCOME,
    clause=Clause("baotou-2019", "二(二)1"),
    description="光伏带动的无劳动能力户，判定年度光伏收益不低于规定数额。",
    applies=all_of(
        REGISTERED,
        PV_LEAST.in_force(),
        any_of(
            Surely(industry.kinds.has_any("PHOTOVOLTAIC")), Surely(industry.photovoltaic.above(0))
        ),
        able.nobody(),
    ),
    met=Part(
        "光伏收益",
        industry.photovoltaic.at_least(PV_LEAST),
        "不低于 {photovoltaic_income_min_yuan} 元",
    ),
    remarks=(
        "只在规定了数额的地方判定；没有登记光伏带动的户不计入。",
        "全年的收益到年末才齐，年内按上一年度判定，口径同收入。",
        ABLE_REMARK,
    ),
)

EMP_01 = Indicator(
    code="EMP-01",
    name="至少一人稳定就业",
    short_name="稳定就业",
    subject="household",
    unit="户",
    line=Line.EMPLOYMENT,
    clause=Clause("shaanxi-2019-draft", "二.2"),
    description="有劳动能力的户中，至少一人务工达到稳定就业月数或有公益性岗位的户数。",
    applies=all_of(REGISTERED, able.some()),
    met=Part("稳定就业", steady.some(), "一人务工满 {stable_job_months} 个月，或有公益性岗位"),
    threshold=Threshold("stable_job_household_min_pct", optional=True),
    counts_only=True,
    remarks=(
        "只有陕西征求意见稿要求所有有劳动能力的户；泗顶、开州只要求有就业意愿的户，登记表没有就业意愿，所以不逐户判定。",
        "搬迁户的后续扶持另行判定。稳定就业的月数方案没有定义，按参数。",
        ABLE_REMARK,
    ),
)

EMP_02 = Indicator(
    code="EMP-02",
    name="消除零就业户",
    short_name="零就业",
    subject="household",
    unit="户",
    line=Line.EMPLOYMENT,
    clause=Clause("kaizhou-2019", "就业 一"),
    description="有劳动能力的户至少一人务工或有公益性岗位；一人也没有的即零就业户，应为零。",
    applies=all_of(REGISTERED, Parameter("zero_job_household_rule").is_on(), able.some()),
    met=Part("有人就业", at_work.some(), "至少一人务工或有公益性岗位"),
    remarks=(
        "只在方案要求消除零就业户的地方判定。",
        "务农不算就业；就业意愿登记表没有，无就业意愿的户核实后在个案中说明。",
        ABLE_REMARK,
    ),
)

SOC_03 = Indicator(
    code="SOC-03",
    name="无劳动能力户兜底保障",
    short_name="兜底",
    subject="household",
    unit="户",
    line=Line.SOCIAL,
    clause=Clause("baotou-2019", "二(二)2"),
    description="没有劳动能力的户，至少一人享受低保或特困供养，或有光伏等固定收益。",
    applies=all_of(REGISTERED, able.nobody()),
    met=any_of(
        Part("低保、特困供养", supported.some(), "至少一人享受"),
        Part("光伏收益", Surely(links.kinds.has_any("PHOTOVOLTAIC")), "判定日所在年度有光伏带动"),
    ),
    remarks=(
        "没有登记光伏带动的，按没有光伏收益计。",
        "是否符合低保、特困条件由民政部门认定，此处只看有没有兜底政策覆盖。",
        ABLE_REMARK,
    ),
)

LIVELIHOOD = (EMP_01, EMP_02, IND_01, IND_03, IND_04, IND_05, SOC_03)
