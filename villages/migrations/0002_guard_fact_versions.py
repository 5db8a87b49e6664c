from django.db import migrations

from core.facts import guard_fact_table, unguard_fact_table

TABLES = (
    "villages_villagelisting",
    "villages_villagepopulation",
    "villages_villagepower",
    "villages_villageclinic",
    "villages_collectiveincome",
)


class Migration(migrations.Migration):
    dependencies = [("villages", "0001_initial"), ("core", "0002_append_only_guards")]

    operations = [migrations.RunSQL(guard_fact_table(table), unguard_fact_table(table)) for table in TABLES]
