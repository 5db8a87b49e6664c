import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import households.models.checks

STATUSES = [
    ("NOT_LIFTED", "未脱贫"),
    ("PRE_LIFTED", "预脱贫"),
    ("LIFTED_POLICY", "已脱贫（享受政策）"),
    ("LIFTED_NO_POLICY", "已脱贫（不再享受政策）"),
    ("RETURNED", "返贫"),
    ("REMOVED", "清退"),
    ("EXTINCT", "自然消亡"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("households", "0011_finding"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="checkround",
            name="sections",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(),
                blank=True,
                default=list,
                size=None,
                verbose_name="核查内容",
            ),
        ),
        migrations.AddField(
            model_name="checkround",
            name="villages",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                default=list,
                size=None,
                verbose_name="核查村",
            ),
        ),
        migrations.AlterField(
            model_name="checkround",
            name="statuses",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(choices=STATUSES, max_length=20),
                blank=True,
                default=households.models.checks.registered_policy,
                size=None,
                verbose_name="核查范围",
            ),
        ),
        migrations.CreateModel(
            name="RoundHousehold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("added_at", models.DateTimeField(verbose_name="列入时间")),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="列入人",
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="households.household",
                        verbose_name="户",
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listed",
                        to="households.checkround",
                        verbose_name="核查轮次",
                    ),
                ),
            ],
            options={
                "verbose_name": "指定核查户",
                "verbose_name_plural": "指定核查户",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["round", "household"], name="households_round_household_once"
                    )
                ],
            },
        ),
    ]
