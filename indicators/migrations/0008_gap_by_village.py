from django.db import migrations, models
from django.db.models import Q

STANDING = Q(superseded_at=None)


class Migration(migrations.Migration):
    """A household that moved to a village computed before its former one has a gap in both for a while."""

    dependencies = [("indicators", "0007_engine")]
    operations = [
        migrations.RemoveConstraint("gap", "indicators_gap_start"),
        migrations.RemoveConstraint("gap", "indicators_gap_open"),
        migrations.AddConstraint(
            "gap",
            models.UniqueConstraint(
                fields=["indicator", "subject_id", "village", "valid_from"],
                condition=STANDING,
                name="indicators_gap_start",
            ),
        ),
        migrations.AddConstraint(
            "gap",
            models.UniqueConstraint(
                fields=["indicator", "subject_id", "village"],
                condition=STANDING & Q(valid_to=None),
                name="indicators_gap_open",
            ),
        ),
    ]
