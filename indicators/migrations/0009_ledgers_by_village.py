import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Ledgers are written and read by village: their indexes begin with it, so that a batch touches its own
    leaves; keys of computed rows are not checked by the database."""

    dependencies = [
        ('households', '0015_steps_with_papers'),
        ('indicators', '0008_gap_by_village'),
        ('villages', '0003_whole_form'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='gap',
            name='indicators_gap_start',
        ),
        migrations.RemoveConstraint(
            model_name='gap',
            name='indicators_gap_open',
        ),
        migrations.RemoveIndex(
            model_name='gap',
            name='indicators_gap_village_open',
        ),
        migrations.RemoveIndex(
            model_name='gap',
            name='indicators_gap_village',
        ),
        migrations.AlterField(
            model_name='finding',
            name='household',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='households.household', verbose_name='户'),
        ),
        migrations.AlterField(
            model_name='finding',
            name='village',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='villages.village', verbose_name='嘎查村'),
        ),
        migrations.AlterField(
            model_name='gap',
            name='household',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='gaps', to='households.household', verbose_name='户'),
        ),
        migrations.AlterField(
            model_name='gap',
            name='village',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='villages.village', verbose_name='嘎查村'),
        ),
        migrations.AlterField(
            model_name='result',
            name='village',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='villages.village', verbose_name='嘎查村'),
        ),
        migrations.AddIndex(
            model_name='gap',
            index=models.Index(condition=models.Q(('superseded_at', None), ('valid_to', None)), fields=['subject_id'], name='indicators_gap_subject_open'),
        ),
        migrations.AddConstraint(
            model_name='gap',
            constraint=models.UniqueConstraint(condition=models.Q(('superseded_at', None)), fields=('village', 'indicator', 'subject_id', 'valid_from'), name='indicators_gap_start'),
        ),
        migrations.AddConstraint(
            model_name='gap',
            constraint=models.UniqueConstraint(condition=models.Q(('superseded_at', None), ('valid_to', None)), fields=('village', 'indicator', 'subject_id'), name='indicators_gap_open'),
        ),
    ]
