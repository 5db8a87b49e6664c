from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("indicators", "0004_standard_proposals")]
    operations = [
        migrations.AddField(
            model_name="runbatch",
            name="compared_count",
            field=models.PositiveIntegerField(default=0, verbose_name="核对村数"),
        ),
        migrations.AddField(
            model_name="runbatch",
            name="differing_count",
            field=models.PositiveIntegerField(default=0, verbose_name="不一致数"),
        ),
        migrations.AddField(
            model_name="runbatch",
            name="differences",
            field=models.JSONField(blank=True, default=list, verbose_name="不一致明细"),
        ),
    ]
