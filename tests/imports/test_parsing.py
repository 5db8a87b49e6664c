"""One case for each kind of dirt that offices send."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from imports.columns import KINDS
from imports.parsing import UnreadableFile, parse_file
from tests.households.factories import id_number
from tests.support import workbooks as w

ON = date(2019, 11, 5)


def parse(data, kind="persons", **options):
    return parse_file(data, KINDS[kind], on=ON, **options)


def codes(parsed, what="errors"):
    return [(p.row, p.code) for row in parsed.rows for p in getattr(row, what)]


def outcome(parsed):
    return [
        row.ignored.code if row.ignored else ("good" if row.is_good else "rejected")
        for row in parsed.rows
    ]


@pytest.mark.parametrize("titles", range(5))
def test_title_rows_above_the_header(titles):
    lines = [[f"标题{n}"] for n in range(titles)] + w.table(w.PERSON_HEADERS, [w.person()])

    parsed = parse(w.xlsx(lines))

    assert parsed.header_row == titles + 1
    assert parsed.rows[0].number == titles + 2
    assert parsed.rows[0].is_good


def test_leading_empty_rows_keep_excel_row_numbers():
    parsed = parse(
        w.xlsx([[], [], *w.table(w.PERSON_HEADERS, [w.person(), w.person(2, 姓名=None)])])
    )

    assert parsed.header_row == 3
    assert codes(parsed) == [(5, "name_missing")]


def test_all_32_columns_and_the_variant_are_understood():
    parsed = parse(w.persons_xlsx([w.person()]))
    variant = parse(
        w.xlsx(
            w.table(
                w.PERSON_HEADERS_2017,
                [
                    w.person(
                        脱贫属性="未脱贫",
                        贫困户属性="低保贫困户",
                        饮水安全="是",
                        饮水困难="否",
                        参加大病医疗="是",
                    )
                ],
            )
        )
    )

    assert parsed.header.unused == []
    assert variant.header.unused == []
    assert variant.rows[0].values["status"] == "NOT_LIFTED"
    assert variant.rows[0].values["water_safe"] is True


def test_all_53_columns_are_understood():
    parsed = parse(w.xlsx(w.table(w.HOUSEHOLD_HEADERS, [w.household()])), "households")

    assert parsed.header.unused == []
    assert parsed.rows[0].values["wage"] == Decimal("12000.00")
    assert parsed.rows[0].values["dangerous_house"] is None


def test_merged_title_and_header_of_two_levels():
    lines = [
        ["固阳县贫困户信息"],
        ["县", "乡", "村", "户编号", "户主姓名", "收入情况（元）", None, None],
        [None, None, None, None, None, "工资性收入", "财产性收入", "转移性收入"],
        ["固阳县", "银号镇", "德成永村", "H1", "张三", "100", "200", "300"],
    ]
    data = w.xlsx(lines, merge=["A1:H1", "F2:H2", *(f"{c}2:{c}3" for c in "ABCDE")])

    parsed = parse(data, "households")

    assert parsed.header_row == 3
    assert [row.number for row in parsed.rows] == [4]
    assert parsed.rows[0].values["property"] == Decimal("200.00")


def test_vertically_merged_data_cells_are_filled_down():
    lines = w.table(
        w.PERSON_HEADERS, [w.person(1), w.person(2, 户编号=None, 行政村=None, 与户主关系="之子")]
    )
    column = "G"

    parsed = parse(w.xlsx(lines, merge=[f"{column}2:{column}3", "E2:E3"]))

    assert codes(parsed) == []
    assert parsed.rows[1].values["hh_code"] == parsed.rows[0].values["hh_code"]


def test_missing_headers_are_named():
    with pytest.raises(UnreadableFile) as caught:
        parse(w.xlsx([["姓名", "行政村", "户编号"], ["张三", "德成永", "1"]]))

    assert caught.value.code == "missing_columns"
    assert "证件号码" in caught.value.message


def test_no_header_at_all():
    with pytest.raises(UnreadableFile) as caught:
        parse(w.xlsx([["甲", "乙"], ["1", "2"]]))

    assert caught.value.code == "no_header"


def test_header_without_rows():
    with pytest.raises(UnreadableFile) as caught:
        parse(w.persons_xlsx([]))

    assert caught.value.code == "no_rows"


def test_footers_totals_blank_rows_and_repeated_headers_are_ignored_and_counted():
    lines = [
        *w.table(w.PERSON_HEADERS, [w.person(1)]),
        [],
        w.PERSON_HEADERS,
        [None] * 8 + ["合计"],
        ["小计", None, None],
        *w.table(w.PERSON_HEADERS, [w.person(2)])[1:],
        ["3"],
        ["填表人：刘海燕", None, None, "审核人：", None, "联系电话：", None, "填报时间：2019.11"],
        ["注：本表一式三份"],
    ]

    parsed = parse(w.xlsx(lines))

    assert outcome(parsed) == [
        "good", "empty_row", "repeated_header", "total_row", "total_row", "good", "empty_row",
        "footer_row", "footer_row",
    ]  # fmt: skip
    assert all(row.ignored is None or row.ignored.row == row.number for row in parsed.rows)


def test_total_that_differs_from_the_rows_is_reported():
    rows = [w.household(1, 工资性收入="1000"), w.household(2, 工资性收入="2000")]
    lines = [*w.table(w.HOUSEHOLD_HEADERS, rows), ["合计", *[None] * 20, "3100"]]

    parsed = parse(w.xlsx(lines), "households")

    assert codes(parsed, "warnings") == [(4, "total_differs")]


def test_id_as_number_is_refused_with_the_cell():
    parsed = parse(
        w.persons_xlsx(
            [w.person(1, 证件号码=150222190001010019), w.person(2, 证件号码="1.50222E+17")]
        )
    )

    assert codes(parsed) == [(4, "precision_lost"), (5, "precision_lost")]
    assert parsed.rows[0].errors[0].column == "证件号码"
    assert parsed.rows[0].errors[0].value.startswith("1.50222E+17")


@pytest.mark.parametrize(
    "dirty", [" {0} ", "'{0}", '="{0}"', "{0}\n", "\u200b{0}", "\u00a0{0}", "G{0}", "{0}"]
)
def test_dirty_ids_are_normalised(dirty):
    number = id_number(7)

    lines = w.table(w.PERSON_HEADERS, [w.person(1, 证件号码=dirty.format(number))])

    parsed = parse(w.csv_bytes(lines))

    assert parsed.rows[0].values["id_no"].number == number


def test_certificate_in_the_id_column_is_split():
    parsed = parse(w.persons_xlsx([w.person(1, 证件号码="15022219000101001943B1")]))
    found = parsed.rows[0].values["id_no"]

    assert (found.number, found.disability_type, found.disability_grade) == (
        "150222190001010019",
        4,
        3,
    )
    assert codes(parsed, "warnings") == [(4, "id_certificate")]


def test_values_in_reports_are_masked():
    parsed = parse(
        w.persons_xlsx([w.person(1, 证件号码="150222190001010018", 户联系电话="1394721234")])
    )

    assert parsed.rows[0].errors[0].value == "150*************18"
    assert "13947" not in str([p.as_dict() for p in parsed.rows[0].warnings])


def test_personal_numbers_in_shifted_columns_are_masked():
    parsed = parse(
        w.persons_xlsx([w.person(1, 民族=f"号{id_number(5)}", 文化程度="电13947212345")])
    )

    told = str([problem.as_dict() for problem in parsed.rows[0].errors])
    assert id_number(5) not in told
    assert "13947212345" not in told
    assert "不认识的选项“号159****" in told


def test_same_person_twice_blocks_the_second():
    same = id_number(1)
    parsed = parse(
        w.persons_xlsx(
            [
                w.person(1),
                w.person(2, 证件号码=same),
                w.person(3, 证件号码=same, 户编号="15022210520300001"),
            ]
        )
    )

    assert codes(parsed) == [(5, "duplicate_person"), (6, "duplicate_person")]


def test_certificate_and_number_are_the_same_person():
    parsed = parse(
        w.persons_xlsx(
            [
                w.person(1, 证件号码="150222190001010019"),
                w.person(2, 证件号码="15022219000101001943"),
            ]
        )
    )

    assert codes(parsed) == [(5, "duplicate_person")]


def test_same_person_code_twice():
    parsed = parse(w.persons_xlsx([w.person(1), w.person(2, 人编号="P0000001")]))

    assert codes(parsed) == [(5, "duplicate_person_code")]


def test_household_in_two_villages():
    parsed = parse(
        w.persons_xlsx(
            [
                w.person(1),
                w.person(2, 户编号="15022210520300001", 行政村="大营子村", 与户主关系="之子"),
            ]
        )
    )

    assert codes(parsed) == [(5, "household_two_villages")]


def test_household_answers_that_differ():
    parsed = parse(
        w.persons_xlsx(
            [w.person(1), w.person(2, 户编号="15022210520300001", 与户主关系="之子", 危房户="是")]
        )
    )

    assert codes(parsed) == [(5, "household_answers_differ")]
    assert parsed.rows[1].errors[0].column == "危房户"


def test_two_heads_are_a_warning():
    parsed = parse(w.persons_xlsx([w.person(1), w.person(2, 户编号="15022210520300001")]))

    assert codes(parsed) == []
    assert codes(parsed, "warnings") == [(5, "two_heads")]


def test_sex_and_birth_date_must_agree_with_the_number():
    headers = [*w.PERSON_HEADERS, "性别", "出生日期"]
    rows = [
        w.person(1, 性别="女"),
        w.person(2, 出生日期="1961-01-01"),
        w.person(3, 性别="男", 出生日期="1960.1.1"),
    ]

    parsed = parse(w.xlsx(w.table(headers, rows)))

    assert codes(parsed) == [(2, "sex_contradicts_id"), (3, "birth_contradicts_id")]


def test_duplicate_headers_are_addressed_by_position_and_shown():
    lines = w.table([*w.PERSON_HEADERS, "其他", "其他", "证件号码"], [w.person()])
    lines[1][-1] = id_number(1)

    parsed = parse(w.xlsx(lines))

    assert parsed.rows[0].is_good
    assert {note.message.split("”")[0] for note in parsed.notes} == {"表头“其他", "表头“证件号码"}
    assert parsed.header.unused == ["其他", "其他"]


def test_duplicate_headers_that_disagree_reject_the_row():
    lines = w.table([*w.PERSON_HEADERS, "身份证号"], [w.person(身份证号=id_number(9))])

    assert codes(parse(w.xlsx(lines))) == [(2, "columns_disagree")]


def test_five_hundred_bad_rows_are_all_reported():
    parsed = parse(w.persons_xlsx([w.person(n, 证件号码="123", 姓名=None) for n in range(1, 501)]))

    assert len(parsed.rows) == 500
    assert {row.number for row in parsed.rows if not row.is_good} == set(range(4, 504))
    assert len(codes(parsed)) == 1000


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_csv(encoding, end):
    lines = [
        ["固阳县"],
        *w.table(w.PERSON_HEADERS, [w.person(1, 姓名="𠮷田三"), w.person(2, 姓名=None)]),
    ]

    parsed = parse(w.csv_bytes(lines, encoding, end=end))

    assert parsed.rows[0].values["name"] == "𠮷田三"
    assert codes(parsed) == [(4, "name_missing")]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_delimiters_and_quotes(delimiter):
    lines = w.table(w.PERSON_HEADERS, [w.person(1, 健康状况="残疾,长期慢性病", 自然村='三"组')])

    parsed = parse(w.csv_bytes(lines, delimiter=delimiter))

    assert parsed.rows[0].values["health"] == ["CHRONIC", "DISABLED"]
    assert parsed.rows[0].values["hamlet"] == '三"组'


def test_html_named_xls():
    parsed = parse(w.html([["人员信息"], *w.table(w.PERSON_HEADERS, [w.person()])]))

    assert parsed.header_row == 2
    assert parsed.rows[0].is_good


FILES = Path(__file__).parent / "files"


def test_real_xls_and_et():
    data = (FILES / "persons_biff8.xls").read_bytes()

    parsed = parse(data)

    assert parsed.header_row == 3
    assert [row.is_good for row in parsed.rows] == [True, False]


def test_formula_cells():
    def formulas(book):
        sheet = book.active
        sheet["I4"] = "=B1"  # 姓名 without a saved result
        sheet["I5"] = "#REF!"
        sheet["I5"].data_type = "e"

    parsed = parse(w.persons_xlsx([w.person(1), w.person(2)], change=formulas))

    assert codes(parsed) == [(4, "formula_without_result"), (5, "error_value")]
    assert "formulas" in {note.code for note in parsed.notes}


def test_cached_formula_result_is_used():
    data = w.persons_xlsx([w.person(1, 人数="=3")])
    with_result = w.repacked(
        data,
        {
            w.SHEET_PART: _sheet(data)
            .replace(b"<v />", b"<v>3</v>")
            .replace(b"<v></v>", b"<v>3</v>")
        },
    )

    assert parse(with_result).rows[0].values["persons"] == 3


def _sheet(data):
    import io
    import zipfile

    return zipfile.ZipFile(io.BytesIO(data)).read(w.SHEET_PART)


def test_several_matching_sheets_ask_for_a_choice():
    def second(book):
        sheet = book.create_sheet("二村 ")
        for line in w.table(w.PERSON_HEADERS, [w.person(5)]):
            sheet.append(line)

    data = w.persons_xlsx([w.person(1)], change=second)

    with pytest.raises(UnreadableFile) as caught:
        parse(data)
    assert caught.value.code == "several_sheets"
    assert parse(data, sheet="二村").rows[0].number == 2
    with pytest.raises(UnreadableFile) as caught:
        parse(data, sheet="三村")
    assert caught.value.code == "no_such_sheet"


def test_wan_in_the_header_is_converted():
    lines = [
        ["县", "乡", "村", "年度", "集体经济收入（万元）"],
        ["固阳县", "银号镇", "德成永", "2018", 5.2],
    ]

    parsed = parse(w.xlsx(lines), "collective-income")

    assert parsed.rows[0].values["collective_income"] == Decimal("52000.00")


def test_typo_gacha_is_a_village():
    lines = w.table(
        ["旗区", "苏木乡", "噶查村", "家庭编号", "姓名", "证件号码"],
        [{"噶查村": "西营子嘎查", "家庭编号": "1", "姓名": "张三", "证件号码": id_number(1)}],
    )

    assert parse(w.xlsx(lines)).rows[0].values["village"] == "西营子嘎查"


def test_problem_in_a_column_that_is_only_checked_warns():
    parsed = parse(w.xlsx(w.table(w.PERSON_HEADERS, [w.person(风险是否消除="也许")])))

    assert parsed.rows[0].is_good
    assert codes(parsed, "warnings") == [(2, "yes_no")]
