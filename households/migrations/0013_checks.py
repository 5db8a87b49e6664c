from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("households", "0012_rounds_and_exports")]

    operations = []
