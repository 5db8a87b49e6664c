import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("households", "0009_status_changes"),
        ("villages", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DropoutCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("SUSPECTED", "疑似辍学"),
                            ("VERIFIED", "已核实未入学"),
                            ("PERSUADING", "劝返中"),
                            ("RETURNED", "已返校"),
                            ("EXEMPTED", "准予例外"),
                            ("HOME_TEACHING", "送教上门"),
                            ("STILL_OUT", "仍未返校"),
                            ("CLOSED", "已结案"),
                        ],
                        default="SUSPECTED",
                        max_length=16,
                        verbose_name="状态",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("FACTS", "在校情况比对"),
                            ("VISIT", "入户走访"),
                            ("SCHOOL", "学校报告"),
                            ("OTHER", "群众反映"),
                        ],
                        max_length=16,
                        verbose_name="线索来源",
                    ),
                ),
                (
                    "reason",
                    models.CharField(blank=True, max_length=24, verbose_name="失学或辍学原因"),
                ),
                ("opened_on", models.DateField(verbose_name="立案日期")),
                ("since_on", models.DateField(verbose_name="当前状态起")),
                ("pursued_since", models.DateField(verbose_name="本轮劝返起")),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="下一步期限")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="结束日期")),
                (
                    "exemption",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("PHYSICALLY_UNABLE", "身体原因不能入学"),
                            ("SUSPENSION", "休学"),
                            ("DEFERRED_ENTRY", "延缓入学"),
                        ],
                        max_length=24,
                        verbose_name="例外情形",
                    ),
                ),
                (
                    "exemption_document",
                    models.CharField(blank=True, max_length=128, verbose_name="批准文件"),
                ),
                (
                    "exemption_authority",
                    models.CharField(blank=True, max_length=64, verbose_name="批准单位"),
                ),
                (
                    "exempted_until",
                    models.DateField(blank=True, null=True, verbose_name="例外有效期至"),
                ),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="三方签字日期")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="版本")),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dropouts",
                        to="households.member",
                        verbose_name="学生",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="立案人",
                    ),
                ),
            ],
            options={
                "verbose_name": "控辍保学",
                "verbose_name_plural": "控辍保学",
            },
        ),
        migrations.CreateModel(
            name="DropoutTurn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField(verbose_name="日期")),
                ("at", models.DateTimeField(verbose_name="录入时间")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("OPEN", "立案"),
                            ("VERIFY", "核实未入学"),
                            ("VISIT", "登记劝返"),
                            ("RETURN", "登记返校"),
                            ("EXEMPT", "准予例外"),
                            ("TEACH", "安排送教上门"),
                            ("SESSION", "登记送教"),
                            ("RESUME", "恢复劝返"),
                            ("STILL_OUT", "认定仍未返校"),
                            ("CLOSE", "结案"),
                        ],
                        max_length=16,
                        verbose_name="办理",
                    ),
                ),
                (
                    "from_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("SUSPECTED", "疑似辍学"),
                            ("VERIFIED", "已核实未入学"),
                            ("PERSUADING", "劝返中"),
                            ("RETURNED", "已返校"),
                            ("EXEMPTED", "准予例外"),
                            ("HOME_TEACHING", "送教上门"),
                            ("STILL_OUT", "仍未返校"),
                            ("CLOSED", "已结案"),
                        ],
                        max_length=16,
                        verbose_name="原状态",
                    ),
                ),
                (
                    "to_state",
                    models.CharField(
                        choices=[
                            ("SUSPECTED", "疑似辍学"),
                            ("VERIFIED", "已核实未入学"),
                            ("PERSUADING", "劝返中"),
                            ("RETURNED", "已返校"),
                            ("EXEMPTED", "准予例外"),
                            ("HOME_TEACHING", "送教上门"),
                            ("STILL_OUT", "仍未返校"),
                            ("CLOSED", "已结案"),
                        ],
                        max_length=16,
                        verbose_name="新状态",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="说明")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="录入人",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="turns",
                        to="households.dropoutcase",
                        verbose_name="控辍保学",
                    ),
                ),
            ],
            options={
                "verbose_name": "控辍保学办理",
                "verbose_name_plural": "控辍保学办理",
            },
        ),
        migrations.CreateModel(
            name="HomeTeachingSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField(verbose_name="日期")),
                ("at", models.DateTimeField(verbose_name="录入时间")),
                ("teacher", models.CharField(max_length=64, verbose_name="送教教师")),
                ("content", models.CharField(max_length=255, verbose_name="送教内容")),
                ("minutes", models.PositiveSmallIntegerField(verbose_name="时长（分钟）")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="录入人",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="households.dropoutcase",
                        verbose_name="控辍保学",
                    ),
                ),
            ],
            options={
                "verbose_name": "送教记录",
                "verbose_name_plural": "送教记录",
            },
        ),
        migrations.CreateModel(
            name="MonitoringCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("head_name", models.CharField(blank=True, max_length=64, verbose_name="户主姓名")),
                ("id_number", core.fields.EncryptedTextField(blank=True, verbose_name="证件号码")),
                (
                    "id_hash",
                    models.BinaryField(
                        blank=True, default=b"", max_length=16, verbose_name="证件号码摘要"
                    ),
                ),
                (
                    "id_mask",
                    models.CharField(blank=True, max_length=24, verbose_name="证件号码（掩码）"),
                ),
                (
                    "persons",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="家庭人口"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("CLUE", "线索待核查"),
                            ("CHECKED", "待乡镇审核"),
                            ("REVIEWED", "待旗县认定"),
                            ("MONITORED", "监测帮扶中"),
                            ("REMOVAL_PROPOSED", "拟消除风险"),
                            ("REMOVED", "风险已消除"),
                            ("DISMISSED", "不予纳入"),
                        ],
                        default="CLUE",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                (
                    "clue_kind",
                    models.CharField(
                        choices=[
                            ("HOUSEHOLD", "农户申报"),
                            ("CADRE", "干部走访"),
                            ("DEPARTMENT", "部门预警"),
                        ],
                        max_length=16,
                        verbose_name="线索来源",
                    ),
                ),
                ("reported_on", models.DateField(verbose_name="线索日期")),
                ("since_on", models.DateField(verbose_name="当前状态起")),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="下一步期限")),
                (
                    "monitor_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("UNSTABLE", "脱贫不稳定户"),
                            ("BORDERLINE", "边缘易致贫户"),
                            ("SUDDEN", "突发严重困难户"),
                        ],
                        max_length=16,
                        verbose_name="监测对象类别",
                    ),
                ),
                (
                    "risks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("ILLNESS", "因病"),
                                ("SCHOOLING", "因学"),
                                ("DISABILITY", "因残"),
                                ("DISASTER", "因自然灾害"),
                                ("ACCIDENT", "因意外事故"),
                                ("INDUSTRY", "因产业项目失败"),
                                ("JOB", "因务工就业不稳"),
                                ("LABOUR", "缺劳动力"),
                                ("WATER", "因安全饮水"),
                                ("HOUSING", "因安全住房"),
                                ("OTHER", "其他"),
                            ],
                            max_length=16,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="返贫致贫风险",
                    ),
                ),
                (
                    "risk_note",
                    models.CharField(blank=True, max_length=255, verbose_name="风险说明"),
                ),
                (
                    "pace",
                    models.CharField(
                        choices=[("MONTHLY", "每月"), ("QUARTERLY", "每季度")],
                        default="QUARTERLY",
                        max_length=16,
                        verbose_name="跟踪频次",
                    ),
                ),
                (
                    "monitored_on",
                    models.DateField(blank=True, null=True, verbose_name="识别监测时间"),
                ),
                (
                    "removed_on",
                    models.DateField(blank=True, null=True, verbose_name="风险消除时间"),
                ),
                (
                    "removed_way",
                    models.CharField(
                        blank=True,
                        choices=[("HELPED", "帮扶消除"), ("NATURAL", "自然消除")],
                        max_length=16,
                        verbose_name="消除方式",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="版本")),
                (
                    "household",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="monitorings",
                        to="households.household",
                        verbose_name="户",
                    ),
                ),
                (
                    "village",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="villages.village",
                        verbose_name="嘎查村",
                    ),
                ),
            ],
            options={
                "verbose_name": "返贫监测对象",
                "verbose_name_plural": "返贫监测对象",
            },
        ),
        migrations.CreateModel(
            name="MonitoringMeasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField(verbose_name="日期")),
                ("at", models.DateTimeField(verbose_name="录入时间")),
                ("measure", models.CharField(max_length=255, verbose_name="帮扶措施")),
                ("responsible", models.CharField(max_length=64, verbose_name="责任人")),
                ("deadline", models.DateField(verbose_name="完成时限")),
                ("result", models.CharField(blank=True, max_length=255, verbose_name="成效")),
                ("finished_on", models.DateField(blank=True, null=True, verbose_name="完成日期")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="录入人",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="measures",
                        to="households.monitoringcase",
                        verbose_name="返贫监测对象",
                    ),
                ),
            ],
            options={
                "verbose_name": "帮扶措施",
                "verbose_name_plural": "帮扶措施",
            },
        ),
        migrations.CreateModel(
            name="MonitoringTurn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField(verbose_name="日期")),
                ("at", models.DateTimeField(verbose_name="录入时间")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("REPORT", "登记线索"),
                            ("CHECK", "村级核查"),
                            ("REVIEW", "乡镇审核通过"),
                            ("CONFIRM", "认定监测对象"),
                            ("SEND_BACK", "退回重新核查"),
                            ("DISMISS", "不予纳入"),
                            ("MEASURE", "制定帮扶措施"),
                            ("FINISH", "登记措施成效"),
                            ("FOLLOW_UP", "跟踪走访"),
                            ("PROPOSE_REMOVAL", "提出消除风险"),
                            ("APPROVE_REMOVAL", "批准消除风险"),
                            ("REFUSE_REMOVAL", "不同意消除"),
                            ("RELAPSE", "再次出现风险"),
                        ],
                        max_length=20,
                        verbose_name="办理",
                    ),
                ),
                (
                    "from_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CLUE", "线索待核查"),
                            ("CHECKED", "待乡镇审核"),
                            ("REVIEWED", "待旗县认定"),
                            ("MONITORED", "监测帮扶中"),
                            ("REMOVAL_PROPOSED", "拟消除风险"),
                            ("REMOVED", "风险已消除"),
                            ("DISMISSED", "不予纳入"),
                        ],
                        max_length=20,
                        verbose_name="原状态",
                    ),
                ),
                (
                    "to_state",
                    models.CharField(
                        choices=[
                            ("CLUE", "线索待核查"),
                            ("CHECKED", "待乡镇审核"),
                            ("REVIEWED", "待旗县认定"),
                            ("MONITORED", "监测帮扶中"),
                            ("REMOVAL_PROPOSED", "拟消除风险"),
                            ("REMOVED", "风险已消除"),
                            ("DISMISSED", "不予纳入"),
                        ],
                        max_length=20,
                        verbose_name="新状态",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="说明")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="录入人",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="turns",
                        to="households.monitoringcase",
                        verbose_name="返贫监测对象",
                    ),
                ),
            ],
            options={
                "verbose_name": "返贫监测办理",
                "verbose_name_plural": "返贫监测办理",
            },
        ),
        migrations.CreateModel(
            name="PersuasionVisit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField(verbose_name="日期")),
                ("at", models.DateTimeField(verbose_name="录入时间")),
                (
                    "kind",
                    models.CharField(
                        choices=[("PARENT", "家长"), ("SCHOOL", "学校"), ("HELPER", "帮扶干部")],
                        max_length=16,
                        verbose_name="劝返类型",
                    ),
                ),
                ("at_home", models.BooleanField(default=False, verbose_name="是否入户")),
                ("persons", models.CharField(max_length=128, verbose_name="劝返人员")),
                ("phone", core.fields.EncryptedTextField(blank=True, verbose_name="联系电话")),
                ("result", models.CharField(max_length=500, verbose_name="劝返结果")),
                (
                    "next_step",
                    models.CharField(blank=True, max_length=255, verbose_name="下一步打算"),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="录入人",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visits",
                        to="households.dropoutcase",
                        verbose_name="控辍保学",
                    ),
                ),
            ],
            options={
                "verbose_name": "劝返记录",
                "verbose_name_plural": "劝返记录",
            },
        ),
        migrations.AddConstraint(
            model_name="dropoutcase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("RETURNED", "CLOSED")), _negated=True),
                fields=("member",),
                name="households_dropout_one_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="dropoutcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_on__isnull", False),
                        ("due_on", None),
                        ("state__in", ("RETURNED", "CLOSED")),
                    ),
                    models.Q(
                        models.Q(("state__in", ("RETURNED", "CLOSED")), _negated=True),
                        ("closed_on", None),
                        ("due_on__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="households_dropout_ended_pair",
            ),
        ),
        migrations.AddConstraint(
            model_name="monitoringcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("head_name", ""), ("household__isnull", False), ("village", None)),
                    models.Q(
                        models.Q(("household", None), ("village__isnull", False)),
                        models.Q(("head_name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="households_watch_one_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="monitoringcase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "DISMISSED"), _negated=True),
                fields=("household",),
                name="households_watch_household",
            ),
        ),
        migrations.AddConstraint(
            model_name="monitoringcase",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("state", "DISMISSED"), _negated=True),
                    models.Q(("id_hash", b""), _negated=True),
                ),
                fields=("id_hash",),
                name="households_watch_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="monitoringcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("removed_on", None),
                    ("removed_on__gte", models.F("monitored_on")),
                    _connector="OR",
                ),
                name="households_watch_removed_later",
            ),
        ),
        migrations.AddConstraint(
            model_name="monitoringmeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_on", None), ("result", "")),
                    models.Q(
                        models.Q(("finished_on__isnull", False)),
                        models.Q(("result", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="households_measure_finished_pair",
            ),
        ),
    ]
