from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial"), ("core", "0002_append_only_guards")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER tasks_caseevent_guard BEFORE UPDATE OR DELETE ON tasks_caseevent "
            "FOR EACH ROW EXECUTE FUNCTION core_append_only();",
            "DROP TRIGGER tasks_caseevent_guard ON tasks_caseevent;",
        ),
    ]
