import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("households", "0006_whole_form")]

    operations = [
        migrations.AddField(
            model_name='household',
            name='merged_into',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='households.household', verbose_name='并入户'),
        ),
        migrations.AddField(
            model_name='household',
            name='merged_on',
            field=models.DateField(blank=True, null=True, verbose_name='并户日期'),
        ),
    ]
