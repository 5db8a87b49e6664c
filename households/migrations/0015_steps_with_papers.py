import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("households", "0014_list_caches"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="evidence",
            name="households_evidence_once",
        ),
        migrations.AddField(
            model_name="evidence",
            name="process",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="papers",
                to="households.statusprocess",
                verbose_name="状态变更",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="step",
            field=models.CharField(
                blank=True,
                choices=[
                    ("APPLICATION", "农户申请"),
                    ("PROPOSAL", "村级提出"),
                    ("VILLAGE_CHECK", "村级核实"),
                    ("REVIEW", "民主评议"),
                    ("AGREEMENT", "入户核算、户主签字"),
                    ("TOWNSHIP_CHECK", "乡镇核查"),
                    ("COMPARISON", "数据比对"),
                    ("SECOND_REVIEW", "村民代表再评议"),
                    ("VILLAGE_NOTICE", "村级公示"),
                    ("TOWNSHIP_NOTICE", "乡镇公示"),
                    ("APPROVAL", "旗县审定公告"),
                    ("NOTICE_END", "公示期满"),
                    ("OBJECTION", "收到异议"),
                    ("ANSWER", "异议调查答复"),
                    ("DROP", "终止"),
                    ("REVOKE", "撤销审定"),
                ],
                max_length=16,
                verbose_name="步骤",
            ),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="household",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evidence",
                to="households.household",
                verbose_name="户",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.UniqueConstraint(
                condition=models.Q(("process", None), ("withdrawn_at", None)),
                fields=("household", "kind", "sha256"),
                name="households_evidence_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.UniqueConstraint(
                condition=models.Q(("process__isnull", False), ("withdrawn_at", None)),
                fields=("process", "step", "kind", "sha256"),
                name="households_evidence_step_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("household__isnull", False), ("process__isnull", False), _connector="OR"
                ),
                name="households_evidence_subject",
            ),
        ),
    ]
