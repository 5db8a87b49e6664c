import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from core.models import AuditEvent
from households.models import (
    Employment,
    Household,
    HouseholdPower,
    HouseholdProfile,
    Housing,
    IncomeYear,
    LivingConditions,
    Member,
    MemberProfile,
    Membership,
    Pension,
    Schooling,
    SocialAssistance,
)
from imports import services
from imports.enums import BatchState, Outcome
from imports.models import ImportBatch, ImportRow
from imports.parsing import UnreadableFile
from tests.households.factories import HouseholdFactory, MemberFactory, id_number
from tests.support import workbooks as w
from villages.models import CollectiveIncome, FactChange, VillageListing

ON = date(2019, 11, 5)
AT = datetime(2019, 11, 5, 4, tzinfo=UTC)
DATA_DATE = date(2019, 11, 4)

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(villages, import_admin):
    def run(data, kind="persons", by=import_admin, **options):
        return services.stage_import(
            data=data, file_name="人员.xlsx", kind=kind, by=by, at=AT, on=ON, **options
        )

    return run


@pytest.fixture
def imported(stage, import_admin):
    def run(data, kind="persons", **options):
        batch = stage(data, kind, **options)
        return services.confirm_import(batch=batch, by=import_admin, at=AT)

    return run


def errors(batch):
    rows = batch.rows.filter(outcome=Outcome.REJECTED).order_by("number")
    return [(p["row"], p["code"]) for row in rows for p in row.errors]


def test_staging_writes_nothing_to_the_register(stage):
    batch = stage(w.persons_xlsx([w.person(1), w.person(2)]))

    assert batch.state == BatchState.STAGED
    assert batch.counts() == {
        "created": 2, "updated": 0, "unchanged": 0, "rejected": 0, "ignored": 0,
    }  # fmt: skip
    assert batch.header_row == 3
    assert Household.objects.count() == Member.objects.count() == 0
    assert AuditEvent.objects.filter(action="import.stage").count() == 1


def test_persons_become_households_members_and_facts(imported, villages):
    rows = [
        w.person(1, 危房户="否", 人均纯收入="3,500", 年度="2018", 户联系电话="13947212345"),
        w.person(
            2,
            户编号="15022210520300001",
            与户主关系="之子",
            姓名="张小三",
            健康状况="残疾,长期慢性病",
        ),
    ]
    batch = imported(w.xlsx(w.table([*w.PERSON_HEADERS, "年度"], rows)))

    household = Household.objects.get()
    assert (household.code, household.head_name) == ("15022210520300001", "张三")
    assert household.village == villages.own
    head, son = Member.objects.order_by("pk")
    assert (head.name, head.code, head.sex, head.birth_date) == (
        "张三",
        "P0000001",
        "MALE",
        date(1960, 1, 1),
    )
    assert (head.id_number, head.ethnic) == (id_number(1), "汉族")
    homes = Membership.objects.as_of(DATA_DATE)
    assert set(homes.values_list("member__name", "relation", "is_member", "joined_reason")) == {
        ("张三", "HEAD", True, "REGISTERED"),
        ("张小三", "SON", True, "REGISTERED"),
    }
    assert MemberProfile.objects.get(member=son).health == ["CHRONIC", "DISABLED"]
    housing = Housing.objects.get()
    assert housing.dangerous_reported is False
    assert (housing.valid_from, housing.source, housing.source_ref) == (
        DATA_DATE,
        "IMPORT",
        f"batch:{batch.pk}",
    )
    assert HouseholdProfile.objects.get().phone == "13947212345"
    income = IncomeYear.objects.get()
    assert (income.year, income.net_per_person_reported_yuan) == (2018, Decimal("3500.00"))
    assert FactChange.objects.filter(village=villages.own).exists()
    event = AuditEvent.objects.get(action="import.confirm")
    assert event.detail["created"] == 2
    assert batch.state == BatchState.CONFIRMED


def test_empty_cells_are_unknown_and_change_nothing(imported, villages):
    imported(w.persons_xlsx([w.person(1, 危房户="是")]))

    batch = imported(w.persons_xlsx([w.person(1, 危房户=None, 健康状况=None)]))

    assert batch.counts()["unchanged"] == 1
    assert Housing.objects.get().dangerous_reported is True
    assert MemberProfile.objects.get().health == ["HEALTHY"]


def test_same_file_twice_changes_nothing_and_says_so(imported):
    data = w.persons_xlsx([w.person(1), w.person(2)])
    first = imported(data)
    facts = MemberProfile.objects.count()

    again = imported(data)

    assert again.pk != first.pk
    assert again.counts()["unchanged"] == 2
    assert "same_file" in {note["code"] for note in again.notes}
    assert MemberProfile.objects.count() == facts
    assert Household.objects.count() == 2


def test_changed_values_are_updates(imported):
    imported(w.persons_xlsx([w.person(1), w.person(2)]))
    version = Household.objects.get(code="15022210520300001").version

    batch = imported(w.persons_xlsx([w.person(1, 数据日期="20191105", 危房户="是"), w.person(2)]))

    assert batch.counts()["updated"] == batch.counts()["unchanged"] == 1
    household = Household.objects.get(code="15022210520300001")
    assert household.version == version + 1
    assert Housing.objects.as_of(DATA_DATE).get(household=household).dangerous_reported is False
    assert Housing.objects.as_of(ON).get(household=household).dangerous_reported is True


def test_corrected_file_of_the_same_day_supersedes(imported):
    imported(w.persons_xlsx([w.person(1)]))

    batch = imported(w.persons_xlsx([w.person(1, 危房户="是")]))

    assert batch.counts()["updated"] == 1
    assert Housing.objects.as_of(DATA_DATE).get().dangerous_reported is True


def test_confirming_twice_is_once(stage, import_admin):
    batch = stage(w.persons_xlsx([w.person(1)]))

    for _ in range(2):
        services.confirm_import(batch=batch, by=import_admin, at=AT)

    assert Member.objects.count() == 1
    assert AuditEvent.objects.filter(action="import.confirm").count() == 1


def test_one_rejected_row_refuses_the_batch(stage, import_admin):
    batch = stage(w.persons_xlsx([w.person(1), w.person(2, 姓名=None)]))

    with pytest.raises(services.RowsRejected, match="1 行被拒收"):
        services.confirm_import(batch=batch, by=import_admin, at=AT)
    assert Member.objects.count() == 0


def test_nothing_good_is_refused(stage, import_admin):
    batch = stage(w.xlsx([*w.table(w.PERSON_HEADERS, []), ["合计"]]))

    with pytest.raises(services.NothingToImport):
        services.confirm_import(batch=batch, by=import_admin, at=AT)


def test_dropped_batch_cannot_be_confirmed(stage, import_admin):
    batch = stage(w.persons_xlsx([w.person(1)]))
    services.drop_import(batch=batch, by=import_admin, at=AT)

    with pytest.raises(services.ImportClosed):
        services.confirm_import(batch=batch, by=import_admin, at=AT)
    with pytest.raises(services.ImportClosed):
        services.drop_import(batch=batch, by=import_admin, at=AT)


def test_register_that_changed_since_makes_the_batch_stale(stage, imported, import_admin):
    staged = stage(w.persons_xlsx([w.person(1)]))
    imported(w.persons_xlsx([w.person(1), w.person(2)]))

    with pytest.raises(services.StaleImport):
        services.confirm_import(batch=staged, by=import_admin, at=AT)
    assert Member.objects.count() == 2


def test_five_hundred_bad_rows_are_all_kept_and_nothing_is_written(stage):
    batch = stage(w.persons_xlsx([w.person(n, 证件号码="123") for n in range(1, 501)]))

    assert batch.rejected_count == batch.row_count == 500
    assert errors(batch) == [(n, "id_length") for n in range(4, 504)]
    assert Member.objects.count() == 0


def test_bad_file_keeps_nothing(stage):
    with pytest.raises(UnreadableFile):
        stage(b"%PDF-1.4")

    assert ImportBatch.objects.count() == 0


def test_rows_of_other_areas_are_rejected_one_by_one(stage, villages):
    far = HouseholdFactory(village=villages.far, code="FAR1")
    MemberFactory(household=far, id_number=id_number(777))
    rows = [
        w.person(1),
        w.person(2, **{"县(市、区、旗)": "达茂旗", "乡(镇)": "百灵庙镇", "行政村": "百灵庙嘎查"}),
        w.person(3, **{"县(市、区、旗)": "没有县", "乡(镇)": "没有镇", "行政村": "没有村"}),
        w.person(4, 户编号="FAR1"),
        w.person(5, 证件号码=id_number(777)),
    ]

    batch = stage(w.persons_xlsx(rows))

    assert errors(batch) == [
        (5, "village_unknown"),
        (6, "village_unknown"),
        (7, "household_not_available"),
        (8, "person_not_available"),
    ]
    told = json.dumps([row.errors for row in batch.rows.all()], ensure_ascii=False)
    assert far.head_name not in told
    assert batch.created_count == 1


def test_village_code_out_of_scope_and_unknown_answer_alike(stage):
    headers = [*w.PERSON_HEADERS, "村代码"]
    rows = [
        w.person(1, 村代码="150223100201", 行政村=None),
        w.person(2, 村代码="150223100999", 行政村=None),
    ]

    batch = stage(w.xlsx(w.table(headers, rows)))

    first, second = (row.errors[0]["message"] for row in batch.rows.order_by("number"))
    assert first == second


def test_person_in_another_household_is_blocked(imported, stage):
    imported(w.persons_xlsx([w.person(1)]))

    batch = stage(w.persons_xlsx([w.person(9, 证件号码=id_number(1), 人编号=None)]))

    assert errors(batch) == [(4, "person_in_other_household")]
    assert "德成永" in batch.rows.get().errors[0]["message"]


def test_household_in_another_village_is_blocked(imported, stage):
    imported(w.persons_xlsx([w.person(1)]))

    batch = stage(w.persons_xlsx([w.person(1, 行政村="大营子村")]))

    assert errors(batch) == [(4, "household_in_other_village")]


def test_person_code_of_someone_else_is_blocked(imported, stage):
    imported(w.persons_xlsx([w.person(1)]))

    batch = stage(w.persons_xlsx([w.person(2, 人编号="P0000001")]))

    assert errors(batch) == [(4, "person_code_taken")]


def test_another_name_is_told_and_not_taken(imported):
    imported(w.persons_xlsx([w.person(1)]))

    batch = imported(w.persons_xlsx([w.person(1, 姓名="李四")]))

    assert batch.counts()["unchanged"] == 1
    assert [p["code"] for p in batch.rows.get().warnings] == ["name_differs"]
    assert Member.objects.get().name == "张三"


def test_household_without_a_good_row_is_not_counted_as_new(stage, villages):
    far = HouseholdFactory(village=villages.far)
    MemberFactory(household=far, id_number=id_number(777))

    batch = stage(w.persons_xlsx([w.person(1), w.person(5, 证件号码=id_number(777), 户编号="NEW")]))

    assert batch.counts()["created"] == 1
    assert not Household.objects.filter(code="NEW").exists()


def test_households_list(imported, villages):
    batch = imported(
        w.xlsx(w.table(w.HOUSEHOLD_HEADERS, [w.household(1, 财产性收入="0")])), "households"
    )

    assert batch.counts()["created"] == 1
    assert Household.objects.get().head_name == "张三"
    income = IncomeYear.objects.get()
    assert (income.year, income.wage_yuan, income.property_yuan) == (2018, Decimal("12000.00"), 0)
    assert income.transfer_yuan is None
    assert income.persons_in_year == 3
    assert HouseholdPower.objects.get().connected_reported is True


def test_everything_of_the_household_list_is_stored(imported):
    imported(
        w.xlsx(
            w.table(
                [*w.HOUSEHOLD_HEADERS],
                [
                    w.household(
                        1,
                        计划生育金="200",
                        低保金="3,000元",
                        其他转移性收入="100",
                        资产收益扶贫分红收入="500",
                        **{"耕地面积（亩）": "12.5"},
                        入户路类型="沙石路",
                        主要燃料类型="其它",
                        是否有卫生厕所="有",
                        是否通生产用电="通",
                    )
                ],
            )
        ),
        "households",
    )

    income = IncomeYear.objects.get()
    assert (income.family_planning_yuan, income.dibao_yuan) == (Decimal(200), Decimal(3000))
    assert (income.other_transfer_yuan, income.asset_dividend_yuan) == (Decimal(100), Decimal(500))
    living = LivingConditions.objects.get()
    assert (living.cultivated_mu, living.road_type, living.fuel) == (
        Decimal("12.50"),
        "GRAVEL",
        "OTHER",
    )
    assert living.sanitary_toilet is True
    assert HouseholdPower.objects.get().production_connected is True


def test_everything_of_the_full_person_list_is_stored(imported):
    told = {
        "政治面貌": "群众",
        "务工区域": "旗县内",
        "是否享受低保": "是",
        "是否参加城乡居民基本养老保险": "参加",
        "是否会讲普通话": "会",
        "失学或辍学原因": "厌学",
        "残疾类别": "肢体残疾",
    }
    imported(w.xlsx(w.table([*w.PERSON_HEADERS, *told], [w.person(1, **told)])))

    profile = MemberProfile.objects.get()
    assert (profile.political, profile.mandarin, profile.disability_type) == (
        "MASSES",
        True,
        "LIMB",
    )
    assert Employment.objects.get().work_area == "COUNTY"
    assert SocialAssistance.objects.get().dibao is True
    assert Pension.objects.get().resident is True
    assert Schooling.objects.get().dropout_reason == "WEARY"


def test_a_word_no_list_knows_is_left_unknown_and_told(stage):
    batch = stage(w.xlsx(w.table([*w.PERSON_HEADERS, "政治面貌"], [w.person(1, 政治面貌="侨胞")])))

    assert batch.rows.get().outcome == Outcome.CREATED
    assert "未知" in str(batch.rows.get().warnings)


def test_disability_certificate_tells_type_and_grade(imported):
    paper = id_number(1) + "43"

    imported(w.persons_xlsx([w.person(1, 证件号码=paper)]))

    profile = MemberProfile.objects.get()
    assert (profile.disability_type, profile.disability_grade) == ("LIMB", "3")


def test_households_then_persons_meet(imported):
    imported(w.xlsx(w.table(w.HOUSEHOLD_HEADERS, [w.household(1)])), "households")

    batch = imported(w.persons_xlsx([w.person(1)]))

    assert batch.counts()["created"] == 1
    assert Household.objects.count() == 1
    assert Member.objects.get().household == Household.objects.get()


def test_villages_list(stage, imported, villages):
    lines = [
        [
            "县",
            "乡",
            "行政村",
            "是否贫困村",
            "2014年末乡村人口数",
            "是否通动力电",
            "年度",
            "村级集体经济收入（万元）",
        ],
        ["固阳县", "银号镇", "德成永村", "是", "812", "是", "2018", "5.2"],
        ["固阳县", "银号镇", "大营子村", "否", None, None, None, None],
        ["固阳县", "银号镇", "德成永村委会", "是", None, None, None, None],
    ]

    twice = stage(w.xlsx(lines), "villages")
    batch = imported(w.xlsx(lines[:-1]), "villages")

    assert twice.counts() == {
        "created": 2, "updated": 0, "unchanged": 0, "rejected": 1, "ignored": 0,
    }  # fmt: skip
    assert errors(twice) == [(4, "duplicate_row")]
    assert batch.counts()["created"] == 2
    assert VillageListing.objects.get(village=villages.own).is_poor_village is True
    assert CollectiveIncome.objects.get().income_yuan == Decimal("52000.00")
    assert FactChange.objects.filter(village=villages.own).exists()


def test_collective_income_by_code_and_by_names(stage, imported, villages):
    lines = [
        ["年度", "村代码", "乡", "村", "集体经济收入（元）"],
        [2018, 150222105203, None, None, 52000],
        [2017, "150222105203", None, None, "48,000"],
        [2018, None, "银号镇", "大营子", 0],
        [2018, 150223100201, None, None, 1000],
        ["合计", None, None, None, 101000],
    ]

    far = stage(w.xlsx(lines), "collective-income")
    imported(w.xlsx([*lines[:4], lines[5]]), "collective-income")

    assert far.counts() == {
        "created": 3, "updated": 0, "unchanged": 0, "rejected": 1, "ignored": 1,
    }  # fmt: skip
    assert errors(far) == [(5, "village_not_in_scope")]
    assert set(CollectiveIncome.objects.values_list("village_id", "year", "income_yuan")) == {
        (150222105203, 2018, Decimal("52000.00")),
        (150222105203, 2017, Decimal("48000.00")),
        (150222105205, 2018, Decimal("0.00")),
    }


def test_personal_data_is_encrypted_and_reports_are_masked(stage):
    batch = stage(w.persons_xlsx([w.person(1), w.person(2, 证件号码="150222190001010018")]))

    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(r::text, '') FROM imports_importrow r")
        stored = cursor.fetchone()[0]
    assert id_number(1) not in stored
    assert "150222190001010018" not in stored
    headers, lines = services.marked_rows(batch)
    assert headers[:4] == ["行号", "结果", "问题", "怎么改"]
    assert lines[1][:2] == [5, "拒收"]
    assert "150222190001010018" in lines[1]


def test_number_of_queries_does_not_grow_with_rows(stage, imported, django_assert_max_num_queries):
    imported(w.persons_xlsx([w.person(n) for n in range(1, 4)]))
    counts = []
    for size in (3, 30):
        data = w.persons_xlsx(
            [w.person(n, 危房户="是", 文化程度="初中") for n in range(1, size + 1)]
        )
        with django_assert_max_num_queries(60) as asked:
            stage(data)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_confirming_costs_the_same_for_few_and_many(
    stage, import_admin, django_assert_max_num_queries
):
    counts = []
    for start, size in ((100, 3), (200, 30)):
        batch = stage(w.persons_xlsx([w.person(n) for n in range(start, start + size)]))
        with django_assert_max_num_queries(120) as asked:
            services.confirm_import(batch=batch, by=import_admin, at=AT)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def run(*arguments, capsys):
    call_command("import_file", *arguments, "--json")
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_command(villages, import_admin, tmp_path, capsys):
    path = tmp_path / "人员.xlsx"
    path.write_bytes(w.persons_xlsx([w.person(1), w.person(2, 证件号码="1")]))

    dry = run("persons", str(path), "--by", "import_admin", "--dry-run", capsys=capsys)
    path.write_bytes(w.persons_xlsx([w.person(1), w.person(2)]))
    real = run("persons", str(path), "--by", "import_admin", capsys=capsys)

    assert Member.objects.count() == 2
    for answer in (dry, real):
        assert answer["rows"] == 2
        assert sum(answer[c] for c in ImportBatch.COUNTS) == answer["rows"]
    assert [(e["row"], e["column"], e["code"]) for e in dry["errors"]] == [
        (5, "证件号码", "id_length")
    ]
    assert real["errors"] == []
    assert (dry["state"], real["state"]) == ("STAGED", "CONFIRMED")


def test_command_with_a_rejected_row_writes_nothing(villages, import_admin, tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(w.persons_xlsx([w.person(1), w.person(2, 证件号码="1")]))

    with pytest.raises(CommandError, match="拒收"):
        call_command("import_file", "persons", str(path), "--by", "import_admin")
    assert Member.objects.count() == 0


def test_command_refusals(villages, import_admin, clerk, tmp_path, capsys):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF")

    with pytest.raises(CommandError, match="没有账号"):
        call_command("import_file", "persons", str(path), "--by", "nobody")
    with pytest.raises(CommandError, match="没有导入权限"):
        call_command("import_file", "persons", str(path), "--by", "clerk")
    with pytest.raises(CommandError, match="读不到文件"):
        call_command("import_file", "persons", str(tmp_path / "none"), "--by", "import_admin")
    with pytest.raises(CommandError, match="不是可以读取"):
        call_command("import_file", "persons", str(path), "--by", "import_admin", "--json")
    assert json.loads(capsys.readouterr().out)["errors"][0]["code"] == "unknown_format"


def test_rows_are_kept_for_every_line(stage):
    batch = stage(w.xlsx([*w.table(w.PERSON_HEADERS, [w.person(1)]), [], ["合计"]]))

    assert ImportRow.objects.filter(batch=batch).count() == batch.row_count == 3
    assert batch.counts()["ignored"] == 2
