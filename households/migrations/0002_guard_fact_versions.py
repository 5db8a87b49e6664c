from django.db import migrations

from core.facts import guard_fact_table, unguard_fact_table

TABLES = (
    "households_residence",
    "households_householdstatus",
    "households_householdprofile",
    "households_foodclothing",
    "households_housing",
    "households_water",
    "households_householdpower",
    "households_incomeyear",
    "households_membership",
    "households_memberprofile",
    "households_schooling",
    "households_insurance",
)


class Migration(migrations.Migration):
    dependencies = [("households", "0001_initial"), ("core", "0002_append_only_guards")]

    operations = [migrations.RunSQL(guard_fact_table(table), unguard_fact_table(table)) for table in TABLES]
