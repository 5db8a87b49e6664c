"""A submitted filing is never changed or deleted; a correction is a new version."""

from django.db import migrations

GUARD = """
CREATE FUNCTION reports_guard_filing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'SUBMITTED' THEN
        RAISE EXCEPTION 'reports_filing %: a submitted filing is final', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reports_filing_guard BEFORE UPDATE OR DELETE ON reports_filing
FOR EACH ROW EXECUTE FUNCTION reports_guard_filing();
"""
UNGUARD = "DROP TRIGGER reports_filing_guard ON reports_filing; DROP FUNCTION reports_guard_filing();"


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
