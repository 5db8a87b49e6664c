from django.db import migrations

GUARD_VERSION = """
CREATE FUNCTION core_guard_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'versions of % are never deleted', TG_TABLE_NAME;
  END IF;
  IF (to_jsonb(OLD) - 'valid_to' - 'closed_at' - 'superseded_at')
     IS DISTINCT FROM (to_jsonb(NEW) - 'valid_to' - 'closed_at' - 'superseded_at') THEN
    RAISE EXCEPTION 'versions of % are never altered', TG_TABLE_NAME;
  END IF;
  IF OLD.valid_to IS NOT NULL
     AND (NEW.valid_to IS DISTINCT FROM OLD.valid_to OR NEW.closed_at IS DISTINCT FROM OLD.closed_at) THEN
    RAISE EXCEPTION 'a version of % is closed only once', TG_TABLE_NAME;
  END IF;
  IF OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at THEN
    RAISE EXCEPTION 'a version of % is superseded only once', TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END $$;
"""

APPEND_ONLY = """
CREATE FUNCTION core_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER core_auditevent_guard BEFORE UPDATE OR DELETE ON core_auditevent
FOR EACH ROW EXECUTE FUNCTION core_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL(GUARD_VERSION, "DROP FUNCTION core_guard_version() CASCADE;"),
        migrations.RunSQL(APPEND_ONLY, "DROP FUNCTION core_append_only() CASCADE;"),
    ]
