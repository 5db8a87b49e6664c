import core.fields
import django.contrib.postgres.fields
import django.db.models.deletion
import households.identity
from django.conf import settings
from django.db import connections, migrations, models

TABLES = ("households_householdprofile", "households_memberprofile")
BATCH = 5000


def fill_digests(apps, schema_editor):
    """Give versions written before this column existed the digest of their telephone number."""
    connection = connections[schema_editor.connection.alias]
    for name in ("HouseholdProfile", "MemberProfile"):
        model = apps.get_model("households", name)
        table, digest = model._meta.db_table, model._meta.get_field("phone_digest").digest
        last = 0
        while rows := list(
            model.objects.filter(pk__gt=last, phone_digest=None)
            .exclude(phone="")
            .order_by("pk")
            .values_list("pk", "phone")[:BATCH]
        ):
            last = rows[-1][0]
            with connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE {table} t SET phone_digest = decode(g.digest, 'hex')"
                    " FROM unnest(%s::bigint[], %s::text[]) AS g(id, digest) WHERE t.id = g.id",
                    [[pk for pk, _phone in rows], [(digest(phone) or b"").hex() for _pk, phone in rows]],
                )


def trigger(word):
    """Versions are guarded against every change; this one only adds what was always in them."""
    return [migrations.RunSQL(f"ALTER TABLE {t} {word} TRIGGER {t}_guard", migrations.RunSQL.noop) for t in TABLES]


class Migration(migrations.Migration):
    dependencies = [
        ("households", "0010_watch_registers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ColumnChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=32, verbose_name='页面')),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), size=None, verbose_name='列')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='用户')),
            ],
            options={
                'verbose_name': '列设置',
                'verbose_name_plural': '列设置',
                'constraints': [models.UniqueConstraint(fields=('user', 'page'), name='households_column_choice_one')],
            },
        ),
        migrations.CreateModel(
            name='SavedFilter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=32, verbose_name='页面')),
                ('name', models.CharField(max_length=20, verbose_name='名称')),
                ('query', models.TextField(verbose_name='条件')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='用户')),
            ],
            options={
                'verbose_name': '已存查询',
                'verbose_name_plural': '已存查询',
                'constraints': [models.UniqueConstraint(fields=('user', 'page', 'name'), name='households_saved_filter_name')],
            },
        ),
        migrations.AddField(
            model_name='householdprofile',
            name='phone_digest',
            field=core.fields.DigestField(blank=True, key=households.identity.phone_key, max_length=16, null=True, of='phone', verbose_name='户联系电话摘要'),
        ),
        migrations.AddField(
            model_name='memberprofile',
            name='phone_digest',
            field=core.fields.DigestField(blank=True, key=households.identity.phone_key, max_length=16, null=True, of='phone', verbose_name='成员联系电话摘要'),
        ),
        *trigger("DISABLE"),
        migrations.RunPython(fill_digests, migrations.RunPython.noop),
        *trigger("ENABLE"),
        migrations.AddIndex(
            model_name='householdprofile',
            index=models.Index(condition=models.Q(('phone_digest__isnull', False), ('superseded_at', None)), fields=['phone_digest'], include=('household',), name='households_profile_phone'),
        ),
        migrations.AddIndex(
            model_name='memberprofile',
            index=models.Index(condition=models.Q(('phone_digest__isnull', False), ('superseded_at', None)), fields=['phone_digest'], include=('household',), name='households_mprofile_phone'),
        ),
        migrations.AddIndex(
            model_name='pairing',
            index=models.Index(fields=['household'], include=('helper', 'valid_from', 'valid_to'), name='households_pairing_household'),
        ),
        migrations.AddIndex(
            model_name='householdstatus',
            index=models.Index(condition=models.Q(('superseded_at', None), ('valid_to', None)), fields=['status', 'village', 'valid_from'], name='households_status_held_status'),
        ),
        migrations.AddIndex(
            model_name='householdstatus',
            index=models.Index(condition=models.Q(('superseded_at', None), ('valid_to__isnull', False)), fields=['valid_to'], name='households_status_ends'),
        ),
        migrations.AddIndex(
            model_name='householdprofile',
            index=models.Index(condition=models.Q(('superseded_at', None), ('valid_to', None)), fields=['cause_main', 'village', 'valid_from'], name='households_profile_held_cause'),
        ),
        migrations.AddIndex(
            model_name='householdprofile',
            index=models.Index(condition=models.Q(('superseded_at', None), ('valid_to', None)), fields=['kind', 'village', 'valid_from'], name='households_profile_held_kind'),
        ),
        migrations.AddIndex(
            model_name='householdprofile',
            index=models.Index(condition=models.Q(('superseded_at', None), ('valid_to__isnull', False)), fields=['valid_to'], name='households_profile_ends'),
        ),
    ]
