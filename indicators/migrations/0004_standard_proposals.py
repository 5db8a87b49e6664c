import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0003_page_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CitedDocument",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=128, verbose_name="名称")),
                ("number", models.CharField(blank=True, max_length=64, verbose_name="文号")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("recorded_at", models.DateTimeField(verbose_name="录入时间")),
            ],
            options={
                "verbose_name": "引用文件",
                "verbose_name_plural": "引用文件",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("title", "number"), name="indicators_document_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CompetingValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=64, verbose_name="代码")),
                (
                    "region",
                    models.CharField(blank=True, max_length=12, verbose_name="适用区划前缀"),
                ),
                ("low", models.BigIntegerField(verbose_name="起始村代码")),
                ("high", models.BigIntegerField(verbose_name="终止村代码")),
                ("valid_from", models.DateField(verbose_name="生效日期")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="失效日期")),
                ("value", models.CharField(max_length=128, verbose_name="数值")),
                ("document", models.CharField(max_length=64, verbose_name="文件")),
                ("section", models.CharField(max_length=64, verbose_name="条款")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("recorded_at", models.DateTimeField(verbose_name="录入时间")),
                (
                    "superseded_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="被替换时间"),
                ),
            ],
            options={
                "verbose_name": "并存标准",
                "verbose_name_plural": "并存标准",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("superseded_at", None)),
                        fields=("code", "region", "valid_from", "document", "section"),
                        name="indicators_competing_one_standing",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StandardProposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=64, verbose_name="标准")),
                (
                    "region",
                    models.CharField(blank=True, max_length=12, verbose_name="适用区划前缀"),
                ),
                ("low", models.BigIntegerField(verbose_name="起始村代码")),
                ("high", models.BigIntegerField(verbose_name="终止村代码")),
                ("valid_from", models.DateField(verbose_name="生效日期")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="失效日期")),
                ("value", models.CharField(max_length=128, verbose_name="数值")),
                ("document", models.CharField(blank=True, max_length=64, verbose_name="文件")),
                (
                    "new_title",
                    models.CharField(blank=True, max_length=128, verbose_name="新文件名称"),
                ),
                (
                    "new_number",
                    models.CharField(blank=True, max_length=64, verbose_name="新文件文号"),
                ),
                (
                    "new_note",
                    models.CharField(blank=True, max_length=200, verbose_name="新文件说明"),
                ),
                ("section", models.CharField(max_length=64, verbose_name="条款")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("reason", models.CharField(max_length=500, verbose_name="理由")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OPEN", "待审批"),
                            ("APPROVED", "已批准"),
                            ("REJECTED", "未批准"),
                            ("WITHDRAWN", "已撤回"),
                        ],
                        default="OPEN",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="版本")),
                ("proposed_at", models.DateTimeField(verbose_name="提出时间")),
                (
                    "decided_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="审批时间"),
                ),
                (
                    "decision_note",
                    models.CharField(blank=True, max_length=500, verbose_name="审批意见"),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="审批人",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="提出人",
                    ),
                ),
            ],
            options={
                "verbose_name": "标准建议",
                "verbose_name_plural": "标准建议",
            },
        ),
        migrations.AddField(
            model_name="parameter",
            name="proposal",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="values",
                to="indicators.standardproposal",
                verbose_name="依据的建议",
            ),
        ),
        migrations.CreateModel(
            name="StandardTrial",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=64, verbose_name="标准")),
                (
                    "region",
                    models.CharField(blank=True, max_length=12, verbose_name="适用区划前缀"),
                ),
                ("low", models.BigIntegerField(verbose_name="起始村代码")),
                ("high", models.BigIntegerField(verbose_name="终止村代码")),
                ("valid_from", models.DateField(verbose_name="生效日期")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="失效日期")),
                ("value", models.CharField(max_length=128, verbose_name="数值")),
                ("on", models.DateField(verbose_name="判定日期")),
                ("asked_at", models.DateTimeField(verbose_name="试算时间")),
                (
                    "state",
                    models.CharField(
                        choices=[("WAITING", "试算中"), ("DONE", "完成"), ("FAILED", "失败")],
                        default="WAITING",
                        max_length=8,
                        verbose_name="状态",
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="完成时间")),
                ("village_count", models.PositiveIntegerField(default=0, verbose_name="判定村数")),
                (
                    "household_count",
                    models.PositiveIntegerField(default=0, verbose_name="判定户数"),
                ),
                ("villages", models.JSONField(default=list, verbose_name="有变化的村")),
                ("units", models.JSONField(default=list, verbose_name="有变化的对象")),
                ("unit_count", models.PositiveIntegerField(default=0, verbose_name="变化对象数")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="试算人",
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trials",
                        to="indicators.standardproposal",
                        verbose_name="所属建议",
                    ),
                ),
            ],
            options={
                "verbose_name": "标准试算",
                "verbose_name_plural": "标准试算",
            },
        ),
        migrations.AddIndex(
            model_name="standardproposal",
            index=models.Index(fields=["state", "-proposed_at"], name="indicators_proposal_state"),
        ),
        migrations.AddIndex(
            model_name="standardproposal",
            index=models.Index(fields=["code", "region"], name="indicators_proposal_code"),
        ),
        migrations.AddConstraint(
            model_name="standardproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                ),
                name="indicators_proposal_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="standardproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "APPROVED"), _negated=True),
                    models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="indicators_proposal_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="standardproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None), ("state", "OPEN")),
                    models.Q(
                        models.Q(("state", "OPEN"), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="indicators_proposal_decided",
            ),
        ),
        migrations.AddConstraint(
            model_name="standardproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("document", ""), _negated=True),
                    models.Q(("new_title", ""), _negated=True),
                    _connector="OR",
                ),
                name="indicators_proposal_cites",
            ),
        ),
        migrations.AddIndex(
            model_name="standardtrial",
            index=models.Index(fields=["asked_by", "-asked_at"], name="indicators_trial_asked"),
        ),
    ]
