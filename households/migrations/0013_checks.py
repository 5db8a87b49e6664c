from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("households", "0012_rounds_and_exports")]

    operations = [
        migrations.AddField(
            model_name="householdcheck",
            name="reasons",
            field=models.JSONField(blank=True, default=list, verbose_name="说明"),
        ),
    ]
