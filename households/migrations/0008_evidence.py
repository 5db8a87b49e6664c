from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("households", "0007_members_and_moves")]

    operations = []
