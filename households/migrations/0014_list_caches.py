from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

# Two columns of the household that the list asks for, kept by the database itself, so that whoever
# writes a check or a pairing keeps them: the day of the latest check that counts, and the day until
# which a helper is named (9999-12-31: until further notice).
VISITED = """
UPDATE households_household h SET last_visited_on = told.day
FROM (SELECT of.household_id, max(c.visited_on) AS day
      FROM (SELECT DISTINCT household_id FROM {touched}) AS of
      LEFT JOIN households_householdcheck c
        ON c.household_id = of.household_id AND c.state IN ('SUBMITTED', 'ACCEPTED')
      GROUP BY 1) AS told
WHERE h.id = told.household_id AND h.last_visited_on IS DISTINCT FROM told.day"""
HELPED = """
UPDATE households_household h SET helped_until = told.day
FROM (SELECT of.household_id, max(coalesce(p.valid_to, '9999-12-31')) FILTER (WHERE p.id > 0) AS day
      FROM (SELECT DISTINCT household_id FROM {touched}) AS of
      LEFT JOIN households_pairing p
        ON p.household_id = of.household_id AND (p.valid_to IS NULL OR p.valid_to > p.valid_from)
      GROUP BY 1) AS told
WHERE h.id = told.household_id AND h.helped_until IS DISTINCT FROM told.day"""
KEPT = (
    ("households_keep_last_visited", "households_householdcheck", VISITED),
    ("households_keep_helped_until", "households_pairing", HELPED),
)
# One statement: a row that is written twice in a transaction waits for its deferred constraints.
FILL = """
UPDATE households_household h SET last_visited_on = visit.day, helped_until = help.day
FROM households_household one
LEFT JOIN (SELECT household_id, max(visited_on) AS day FROM households_householdcheck
           WHERE state IN ('SUBMITTED', 'ACCEPTED') GROUP BY 1) AS visit ON visit.household_id = one.id
LEFT JOIN (SELECT household_id, max(coalesce(valid_to, '9999-12-31')) AS day FROM households_pairing
           WHERE valid_to IS NULL OR valid_to > valid_from GROUP BY 1) AS help
  ON help.household_id = one.id
WHERE h.id = one.id AND (visit.day IS NOT NULL OR help.day IS NOT NULL)"""
EVENTS = (
    ("INSERT", "NEW TABLE AS new_rows", "new_rows"),
    ("DELETE", "OLD TABLE AS old_rows", "old_rows"),
    (
        "UPDATE",
        "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        "(SELECT household_id FROM old_rows UNION SELECT household_id FROM new_rows) AS both_rows",
    ),
)


def keeping():
    """What is on file already, then one trigger per event, for all rows of a statement at once."""
    yield migrations.RunSQL(FILL, migrations.RunSQL.noop)
    for name, table, sql in KEPT:
        for event, rows, touched in EVENTS:
            function = f"{name}_{event.lower()}"
            yield migrations.RunSQL(
                f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" {sql.format(touched=touched)}; RETURN NULL; END $$;"
                f"CREATE TRIGGER {function} AFTER {event} ON {table} REFERENCING {rows}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {function}();",
                f"DROP TRIGGER {function} ON {table}; DROP FUNCTION {function}();",
            )


class Migration(migrations.Migration):
    dependencies = [
        ("households", "0013_checks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="household",
            name="last_visited_on",
            field=models.DateField(blank=True, editable=False, null=True, verbose_name="最近核查日期"),
        ),
        migrations.AddField(
            model_name="household",
            name="helped_until",
            field=models.DateField(blank=True, editable=False, null=True, verbose_name="结对止期"),
        ),
        *keeping(),
        migrations.AddIndex(
            model_name="household",
            index=models.Index(
                fields=["village", "code", "id"],
                include=["last_visited_on", "helped_until"],
                condition=Q(merged_into=None),
                name="households_list",
            ),
        ),
        migrations.AddIndex(
            model_name="household",
            index=models.Index(
                fields=["last_visited_on", "village"],
                condition=Q(merged_into=None),
                name="households_visited",
            ),
        ),
        migrations.AddIndex(
            model_name="household",
            index=models.Index(
                fields=["helped_until", "village"],
                condition=Q(merged_into=None),
                name="households_helped",
            ),
        ),
        migrations.AddIndex(
            model_name="pairing",
            index=models.Index(fields=["valid_from"], name="households_pairing_begins"),
        ),
        migrations.RunSQL("ANALYZE households_household", migrations.RunSQL.noop),
    ]
