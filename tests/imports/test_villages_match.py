import pytest

from imports.columns import CellError
from imports.parsing.villages import Place, Villages, stem

PLACES = [
    Place(150222105203, "德成永村委会", "银号镇", "固阳县", "包头市"),
    Place(150222100201, "河楞村委会", "金山镇", "固阳县", "包头市"),
    Place(150222101201, "河楞村委会", "兴顺西镇", "固阳县", "包头市"),
    Place(450224102206, "泗顶村委会", "泗顶镇", "融安县", "柳州市"),
    Place(450224102001, "泗顶社区居委会", "泗顶镇", "融安县", "柳州市"),
    Place(150223100201, "那仁宝力格嘎查委员会", "百灵庙镇", "达尔罕茂明安联合旗", "包头市"),
]
VILLAGES = Villages(PLACES)


def find(**values):
    return VILLAGES.find(values)[0].id


def refused(**values):
    with pytest.raises(CellError) as caught:
        VILLAGES.find(values)
    return caught.value


@pytest.mark.parametrize(
    "name",
    [
        "德成永",
        "德成永村",
        "德成永村委会",
        "德成永村民委员会",
        "德成永村委",
        "德成永行政村",
        " 德成永 村",
    ],
)
def test_suffixes(name):
    assert find(village=name) == 150222105203


@pytest.mark.parametrize(
    "name",
    ["那仁宝力格", "那仁宝力格嘎查", "那仁宝力格噶查", "那仁宝力格嘎查村", "那仁宝力格嘎查村委会"],
)
def test_gacha(name):
    assert find(village=name) == 150223100201


def test_kind_is_the_second_key():
    assert find(village="泗顶村") == 450224102206
    assert find(village="泗顶社区") == 450224102001
    assert refused(village="泗顶").code == "village_ambiguous"


def test_wrong_kind_is_not_taken():
    assert refused(village="德成永社区").code == "village_kind"


def test_name_twice_in_a_county_needs_the_township():
    error = refused(village="河楞", county="固阳县")

    assert error.code == "village_ambiguous"
    assert "金山镇" in error.message
    assert "兴顺西镇" in error.message
    assert find(village="河楞", township="金山镇") == 150222100201
    assert find(village="河楞村", township="兴顺西") == 150222101201


@pytest.mark.parametrize("county", ["固阳县", "固阳"])
def test_county_must_fit(county):
    assert find(village="德成永", township="银号镇", county=county) == 150222105203
    assert refused(village="德成永", township="银号镇", county="融安县").code == "village_unknown"


def test_code():
    assert find(village_code=150222105203) == 150222105203
    assert find(village_code=150222105203, village="德成永村") == 150222105203
    assert refused(village_code=150222105203, village="河楞").code == "village_code_name"


def test_unknown_and_out_of_scope_answer_alike():
    assert refused(village_code=999999999999).message == refused(village_code=110101001001).message
    assert refused(village="没有").code == "village_unknown"
    assert refused().code == "village_missing"


def test_a_bare_suffix_stays_a_name():
    assert stem("村") == ("村", "")
