from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("villages", "0002_guard_fact_versions")]

    operations = []
