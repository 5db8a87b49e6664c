"""Rules of the catalogue that entry makes impossible, and parts that the register cannot answer."""

from indicators.quality.declare import AtEntry, NotHeld

IDENTITY = "households.identity:parse"
CHECKED = "录入和导入都校验，不合格的号码存不进登记册。"

AT_ENTRY = (
    AtEntry("DQ-ID-01", "证件号码不是18、20、22位", CHECKED, IDENTITY),
    AtEntry("DQ-ID-02", "证件号码校验位错", CHECKED, IDENTITY),
    AtEntry("DQ-ID-03", "证件号码中的出生日期不存在或在将来", CHECKED, IDENTITY),
    AtEntry("DQ-ID-04", "15位旧号码", "录入和导入都退回，提示升位后再填。", IDENTITY),
    AtEntry("DQ-ID-05", "证件号码以999999开头", CHECKED, IDENTITY),
    AtEntry("DQ-ID-06", "残疾证号的类别、等级位超出范围", CHECKED, IDENTITY),
    AtEntry(
        "DQ-ID-07",
        "性别、出生日期与证件号码不符",
        "导入逐行核对，人员增加和更正时核对，不符的不收。",
        "imports.parsing.rows:_contradictions",
    ),
    AtEntry(
        "DQ-DUP-01",
        "同一人在本县重复登记",
        "证件号码在全登记册唯一，第二次登记不收。",
        "households.models:Member",
    ),
    AtEntry("DQ-DUP-02", "同一人在本市重复登记", "同上。", "households.models:Member"),
    AtEntry("DQ-DUP-03", "同一人在本省重复登记", "同上。", "households.models:Member"),
    AtEntry("DQ-DUP-04", "同一人在户内重复登记", "同上。", "households.models:Member"),
    AtEntry(
        "DQ-TEL-01",
        "电话号码不是手机或固定电话",
        "录入时退回；导入时不收并提示。",
        "households.identity:parse_phone",
    ),
)
NOT_HELD = (
    NotHeld(
        "DQ-TEL-01",
        "同一电话用于在不同县务工的成员",
        "务工所在地是文字，没有务工县的代码，无法比较",
    ),
    NotHeld("DQ-HLP-01", "帮扶责任人是建档立卡贫困人口", "账号不采集帮扶责任人的证件号码"),
    NotHeld(
        "DQ-HH-06",
        "家庭人口数与成员数不符",
        "登记册不另存家庭人口数，由成员算出；导入表的差异在导入时提示",
    ),
)
