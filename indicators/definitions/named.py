"""What the documents ask for and the register cannot answer, with the reason (domain §2)."""

from indicators.definitions.base import Clause, Named

NO_TEXT = "标准文本未入库"
ELSEWHERE = "登记表不采集"


def _named(code: str, name: str, document: str, section: str, why: str) -> Named:
    return Named(code=code, name=name, clause=Clause(document, section), why=why)


NAMED: tuple[Named, ...] = (
    _named(
        "EDU-04", "义务教育学校达到基本办学条件", "baotou-2019", "二(十)3", f"{ELSEWHERE}学校情况"
    ),
    _named("MED-05", "乡镇卫生院达标", "baotou-2019", "二(八)", f"{ELSEWHERE}乡镇卫生院情况"),
    _named("MED-06", "旗县医院达标", "baotou-2019", "二(八)", f"{ELSEWHERE}旗县医院情况"),
    _named(
        "MED-07",
        "大病集中救治",
        "baotou-2019",
        "二(八)",
        f"26种大病的病种目录未入库；{ELSEWHERE}救治情况",
    ),
    _named("MED-08", "定点医院一站式结算", "baotou-2019", "二(二)3", f"{ELSEWHERE}医院结算情况"),
    _named(
        "MED-09", "健康扶贫政策知晓", "kaizhou-2019", "医疗 二(一)2", f"{ELSEWHERE}宣传和知晓情况"
    ),
    _named(
        "MED-10", "健康讲座和健康素养", "kaizhou-2019", "医疗 二(四)1", f"{ELSEWHERE}讲座和素养监测"
    ),
    _named(
        "MED-11",
        "纳入医疗救助范围",
        "baotou-2019",
        "二(二)3",
        "登记表只记“是否接受医疗救助”；应救助而未救助的人，须由医保部门的名单认定",
    ),
    _named(
        "COL-04",
        "有经营性收入的贫困村",
        "kaizhou-2019",
        "产业 一",
        f"{ELSEWHERE}集体经济收入的构成",
    ),
    _named("EMP-05", "就业扶贫车间", "kaizhou-2019", "就业 二(三)3", f"{ELSEWHERE}扶贫车间"),
    _named("IND-07", "产业指导员", "siding-2019", "四(四)1(6)", f"{ELSEWHERE}产业指导员"),
    _named("SOC-01", "农村低保应保尽保", "baotou-2019", "二(二)2", "民政认定结果未入库"),
    _named("SOC-02", "特困人员应养尽养", "baotou-2019", "二(二)2", "民政认定结果未入库"),
    _named(
        "SOC-05", "低保标准不低于国家扶贫标准", "siding-2019", "四(五)3(2)", "旗县低保标准未入库"
    ),
    _named(
        "POV-02",
        "综合贫困发生率",
        "county-check-page",
        "县级评估",
        f"{NO_TEXT}；没有抽查发现的错退、漏评人口",
    ),
    _named("POV-03", "漏评率", "county-check-2019", "贫困县退出评估", f"{NO_TEXT}；没有抽查样本"),
    _named("POV-04", "错退率", "county-check-2019", "贫困县退出评估", f"{NO_TEXT}；没有抽查样本"),
    _named(
        "POV-05", "群众认可度", "county-check-2019", "贫困县退出评估", f"{NO_TEXT}；没有问卷调查"
    ),
    _named(
        "RATE-01",
        "两率一度",
        "siding-2019",
        "五(二)",
        f"{NO_TEXT}；通行的含义是漏评率、错退率、群众认可度，没有抽查样本",
    ),
    _named("MON-03", "已脱贫户回头看", "siding-2019", "四(八)3", "入户核查另有进度统计，不作判定"),
    _named(
        "POL-01", "到户政策落实偏差清零", "baotou-2019", "二(一)", "由问题清单计数，不由登记表判定"
    ),
    _named(
        "ISS-01", "问题清单对账销号", "siding-2019", "四(十二)", "由问题清单计数，不由登记表判定"
    ),
    _named(
        "DQ-01",
        "数据质量达标",
        "baotou-2019",
        "二(七)",
        "方案没有数量标准；数据质量规则另列疑点清单",
    ),
    _named("DQ-03", "部门数据比对无差异", "baotou-2019", "四(四)", "部门数据比对结果另列清单"),
    _named("DQ-05", "手册、系统、实际一致", "siding-2019", "四(九)1", f"{ELSEWHERE}，须抽查"),
    _named("ROAD-02", "农村公路里程", "liaoning-2018", "二(一)5", f"{ELSEWHERE}公路里程"),
    _named(
        "NET-01",
        "贫困村通宽带",
        "shaanxi-2019-draft",
        "五.11",
        f"{ELSEWHERE}村是否通宽带，只有通宽带户数",
    ),
    _named(
        "HOU-06",
        "农村危房鉴定、改造的技术标准",
        "kaizhou-2019",
        "危房 二(二)、二(五)",
        f"{NO_TEXT}：农村危险房屋鉴定技术导则、住房安全简易评定办法、危房改造最低建设标准",
    ),
    _named(
        "HOU-07",
        "危房改造对象条件",
        "kaizhou-2019",
        "危房 二(一)",
        f"{ELSEWHERE}户口类别、住房套数",
    ),
    _named(
        "WAT-05",
        "生活饮用水卫生标准",
        "kaizhou-2019",
        "饮水 一",
        f"{NO_TEXT}，水质以登记的结论为准",
    ),
    _named(
        "INC-05",
        "贫困地区农民人均可支配收入增幅",
        "liaoning-2018",
        "一(二)",
        "登记表只有建档立卡户",
    ),
    _named("REL-07", "搬迁对象精准", "kaizhou-2019", "搬迁 二(一)", f"{ELSEWHERE}迁出地条件"),
    _named("REL-09", "搬迁建房资金补助率", "kaizhou-2019", "搬迁 一", f"{ELSEWHERE}建房资金和补助"),
    _named("REL-11", "搬迁建房成本", "kaizhou-2019", "搬迁 二(六)", f"{ELSEWHERE}建房成本"),
    _named(
        "REL-12",
        "“四不变、两同等、一减免”政策",
        "baotou-2019",
        "二(六)",
        f"{NO_TEXT}，方案没有解释",
    ),
    _named(
        "IND-08", "县有主导产业、村有特色产业", "shaanxi-2019-draft", "二.1", f"{ELSEWHERE}主导产业"
    ),
    _named(
        "EMP-07",
        "就业意愿和职业介绍、创业指导",
        "kaizhou-2019",
        "就业 一",
        f"{ELSEWHERE}就业、创业意愿",
    ),
)
