from django.db import migrations

from core.facts import guard_fact_table, unguard_fact_table


class Migration(migrations.Migration):
    dependencies = [("indicators", "0001_initial"), ("core", "0002_append_only_guards")]

    operations = [
        migrations.RunSQL(guard_fact_table(table), unguard_fact_table(table))
        for table in ("indicators_result", "indicators_gap")
    ]
