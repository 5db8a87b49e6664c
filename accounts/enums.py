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
    EMPLOYMENT = "EMPLOYMENT", _("就业")
    SOCIAL = "SOCIAL", _("社会救助与养老")
    RELOCATION = "RELOCATION", _("易地搬迁")


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


# 三员分立: no two of these for one person.
ADMINISTRATORS = (RoleCode.SYSTEM_ADMIN, RoleCode.SECURITY_ADMIN, RoleCode.AUDIT_ADMIN)


# What the trail of acts says, in words. Apps above are named here only by what they write there.
ACTION_LABELS = {
    "account.sign_in": _("登录"),
    "account.sign_in_failed": _("登录失败"),
    "account.sign_out": _("退出"),
    "account.locked": _("账号锁定"),
    "account.opened": _("开通账号"),
    "account.closed": _("停用账号"),
    "account.reopened": _("启用账号"),
    "account.password_changed": _("修改密码"),
    "account.password_reset": _("重置密码"),
    "account.token_issued": _("领取接口令牌"),
    "account.granted": _("授予岗位"),
    "account.grant_ended": _("收回岗位"),
    "accounts.divisions_loaded": _("装载行政区划"),
    "audit.export": _("导出操作记录"),
    "household.reveal_phone": _("查看完整电话"),
    "household.search_id": _("按证件号码查人"),
    "household.search_phone": _("按电话查户"),
    "pairing.assign": _("指派帮扶责任人"),
    "pairing.end": _("结对因户迁出而终止"),
    "filter.save": _("保存查询条件"),
    "filter.rename": _("改查询名称"),
    "filter.delete": _("删除已存查询"),
    "list.columns": _("设置列表的列"),
    "member.reveal_id": _("查看完整证件号码"),
    "household.export": _("导出户档案"),
    "household.repair_list_caches": _("校正名单缓存列"),
    "household.relations": _("变更户主或关系"),
    "household.split": _("分户"),
    "household.merge": _("并户"),
    "household.move": _("户迁移"),
    "member.join": _("人员增加"),
    "member.leave": _("人员减少"),
    "member.restore": _("撤销人员减少"),
    "member.correct": _("更正人员信息"),
    "check.submit": _("提交入户核查"),
    "check.return": _("退回入户核查"),
    "check.accept": _("通过入户核查"),
    "check.discard": _("放弃核查草稿"),
    "dropout.open": _("控辍保学立案"),
    "dropout.verify": _("核实未入学"),
    "dropout.visit": _("登记劝返"),
    "dropout.return": _("登记返校"),
    "dropout.exempt": _("准予就学例外"),
    "dropout.teach": _("安排送教上门"),
    "dropout.session": _("登记送教"),
    "dropout.resume": _("恢复劝返"),
    "dropout.still_out": _("认定仍未返校"),
    "dropout.close": _("控辍保学结案"),
    "dropout.export": _("导出控辍保学台账"),
    "monitoring.report": _("登记返贫线索"),
    "monitoring.check": _("村级核查返贫线索"),
    "monitoring.review": _("乡镇审核返贫线索"),
    "monitoring.confirm": _("认定监测对象"),
    "monitoring.send_back": _("退回返贫线索"),
    "monitoring.dismiss": _("返贫线索不予纳入"),
    "monitoring.measure": _("制定监测帮扶措施"),
    "monitoring.finish": _("登记帮扶措施成效"),
    "monitoring.follow_up": _("监测跟踪走访"),
    "monitoring.propose_removal": _("提出消除风险"),
    "monitoring.approve_removal": _("批准消除风险"),
    "monitoring.refuse_removal": _("不同意消除风险"),
    "monitoring.relapse": _("监测户再次出现风险"),
    "monitoring.link": _("监测户纳入建档立卡"),
    "monitoring.reveal_id": _("查看监测户证件号码"),
    "monitoring.export": _("导出返贫监测台账"),
    "round.open": _("开启核查轮次"),
    "round.close": _("结束核查轮次"),
    "round.add": _("列入核查轮次"),
    "evidence.upload": _("上传佐证材料"),
    "evidence.describe": _("修改佐证材料说明"),
    "evidence.view": _("查看佐证材料"),
    "evidence.withdraw": _("撤销佐证材料"),
    "evidence.hand_over": _("佐证材料随人转户"),
    "status.open": _("提出状态变更"),
    "status.step": _("登记状态变更步骤"),
    "status.object": _("登记公示异议"),
    "status.answer": _("答复公示异议"),
    "status.approve": _("审定状态变更"),
    "status.drop": _("终止状态变更"),
    "status.revoke": _("撤销状态变更"),
    "village.facts": _("修改村情"),
    "import.stage": _("上传表格"),
    "import.confirm": _("确认导入"),
    "import.drop": _("放弃导入"),
    "import.download": _("下载导入原件"),
    "register.export": _("开始导出登记簿"),
    "register.exported": _("导出登记簿完成"),
    "register.generated": _("生成虚构登记簿"),
    "standards.load": _("装载标准"),
    "standards.propose": _("提出标准改动"),
    "standards.approve": _("批准标准改动"),
    "standards.reject": _("不批准标准改动"),
    "standards.withdraw": _("撤回标准改动"),
    "standards.try": _("试算标准"),
    "run.start": _("开始重算"),
    "run.finish": _("重算完成"),
    "run.fail": _("重算中断"),
    "campaign.load": _("装载任务方案"),
    "case.opened": _("问题登记"),
    "case.reopened": _("问题反弹"),
    "case.assigned": _("问题交办"),
    "case.started": _("问题开始整改"),
    "case.progress": _("问题整改进展"),
    "case.applied": _("申请销号"),
    "case.met": _("重算达标，转核验"),
    "case.unmet": _("重算又未达标，退回整改"),
    "case.returned": _("退回整改"),
    "case.extension_asked": _("申请延期"),
    "case.extension_granted": _("同意延期"),
    "case.extension_refused": _("不同意延期"),
    "case.suspended": _("问题挂起"),
    "case.resumed": _("恢复整改"),
    "case.closed": _("问题销号"),
    "case.sync": _("问题按重算结果更新"),
    "reports.open_month": _("开启月报"),
    "reports.move_deadline": _("调整报送截止"),
    "reports.save_draft": _("保存月报草稿"),
    "reports.refresh_draft": _("更新月报系统数"),
    "reports.submit": _("报送月报"),
    "reports.open_correction": _("更正月报"),
    "demo.loaded": _("装载演示数据"),
}

# Kinds of objects a reader of the trail can ask for.
AUDITED = (
    "accounts.user", "accounts.grant", "households.household", "households.member",
    "households.householdcheck", "households.dropoutcase", "households.monitoringcase",
    "households.checkround", "households.statusprocess", "households.evidence", "villages.village", "tasks.case",
    "tasks.campaign",
    "reports.filing", "reports.obligation", "imports.importbatch", "indicators.run",
)  # fmt: skip

# Words for the keys of what an act wrote down.
DETAIL_LABELS = {
    "address": _("来源地址"),
    "agencies": _("单位"),
    "agent": _("浏览器"),
    "after": _("改后"),
    "area": _("区划"),
    "before": _("改前"),
    "changed": _("变动"),
    "changes": _("变动"),
    "conditions": _("条件"),
    "created": _("新增"),
    "due_on": _("期限"),
    "error": _("错误"),
    "facts": _("事实"),
    "household": _("户"),
    "kind": _("类别"),
    "line": _("业务条线"),
    "masked": _("脱敏"),
    "month": _("月份"),
    "number": _("编号"),
    "on": _("日期"),
    "member": _("成员"),
    "new_household": _("新户"),
    "other_household": _("并入的户"),
    "purpose": _("用途"),
    "relation": _("与户主关系"),
    "relations": _("与户主关系"),
    "reason": _("原因"),
    "receipt": _("回执号"),
    "role": _("岗位"),
    "rows": _("行数"),
    "seconds": _("用时（秒）"),
    "sections": _("核查内容"),
    "sha256": _("文件摘要"),
    "source": _("来源"),
    "step": _("步骤"),
    "token": _("令牌前缀"),
    "user": _("账号编号"),
    "username": _("用户名"),
    "valid_until": _("有效期至"),
    "version": _("版本"),
    "visited_on": _("入户日期"),
    "written": _("写入"),
    "filings": _("月报"),
    "helper": _("帮扶责任人"),
    "columns": _("列"),
    "gaps_closed": _("消除差距"),
    "gaps_opened": _("新增差距"),
    "high": _("止于代码"),
    "households": _("户数"),
    "low": _("起于代码"),
    "members": _("人数"),
    "moved": _("随户迁移"),
    "nights": _("夜数"),
    "nil": _("零报告"),
    "opened": _("新登记"),
    "reopened": _("反弹"),
    "results_changed": _("结果变动"),
    "revision": _("修订"),
    "sent_back": _("退回"),
    "timeliness": _("时效"),
    "unchanged": _("无变化"),
    "updated": _("更新"),
    "verifying": _("转核验"),
    "villages": _("村数"),
}

# Words for codes among the values.
VALUE_LABELS = {
    "ON_TIME": _("按时"),
    "LATE": _("迟报"),
    "NIGHT": _("夜间重算"),
    "MANUAL": _("手工重算"),
    "VISIT": _("入户核对身份"),
    "COMPARE": _("部门数据比对"),
    "SERVICE": _("为群众办理事项"),
    "CASE": _("问题整改核实"),
    "CONTACT": _("电话联系本户"),
    "persons": _("人员信息"),
    "collective-income": _("集体经济收入"),
    "IDENTIFY": _("识别"),
    "PRE_EXIT": _("预脱贫"),
    "EXIT": _("脱贫退出"),
    "BACK": _("取消预脱贫"),
    "STOP_POLICY": _("不再享受政策"),
    "RE_ENTRY": _("返贫"),
    "REMOVE": _("清退（错评）"),
    "EXTINCT": _("自然消亡"),
    "APPLICATION": _("农户申请"),
    "PROPOSAL": _("村级提出"),
    "VILLAGE_CHECK": _("村级核实"),
    "REVIEW": _("民主评议"),
    "AGREEMENT": _("入户核算、户主签字"),
    "TOWNSHIP_CHECK": _("乡镇核查"),
    "COMPARISON": _("数据比对"),
    "SECOND_REVIEW": _("村民代表再评议"),
    "VILLAGE_NOTICE": _("村级公示"),
    "TOWNSHIP_NOTICE": _("乡镇公示"),
    "APPROVAL": _("旗县审定公告"),
    "NOTICE_END": _("公示期满"),
    "OBJECTION": _("收到异议"),
    "ANSWER": _("异议调查答复"),
    "DROP": _("终止"),
    "REVOKE": _("撤销审定"),
}
