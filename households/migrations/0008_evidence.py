import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("households", "0007_members_and_moves"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(blank=True, max_length=24, verbose_name='材料类型')),
                ('theme', models.CharField(blank=True, max_length=32, verbose_name='证明事项')),
                ('line', models.CharField(choices=[('GENERAL', '综合'), ('HOUSING', '住房'), ('WATER', '饮水'), ('POWER', '用电'), ('EDUCATION', '教育'), ('HEALTH', '医保卫生'), ('INCOME', '收入与产业'), ('COLLECTIVE', '集体经济'), ('EMPLOYMENT', '就业'), ('SOCIAL', '社会救助与养老'), ('RELOCATION', '易地搬迁')], default='GENERAL', max_length=16, verbose_name='业务条线')),
                ('document_no', models.CharField(blank=True, max_length=64, verbose_name='编号')),
                ('document_date', models.DateField(blank=True, null=True, verbose_name='日期')),
                ('valid_until', models.DateField(blank=True, null=True, verbose_name='有效期至')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='说明')),
                ('file_name', models.CharField(blank=True, max_length=120, verbose_name='原文件名')),
                ('content_type', models.CharField(max_length=32, verbose_name='文件格式')),
                ('size', models.PositiveIntegerField(verbose_name='文件大小（字节）')),
                ('sha256', models.CharField(max_length=64, verbose_name='文件摘要')),
                ('file_key', models.CharField(max_length=80, unique=True, verbose_name='存放位置')),
                ('has_preview', models.BooleanField(default=False, verbose_name='有缩略图')),
                ('uploaded_at', models.DateTimeField(verbose_name='上传时间')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='撤销时间')),
                ('withdrawn_reason', models.CharField(blank=True, max_length=200, verbose_name='撤销原因')),
                ('household', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='households.household', verbose_name='户')),
                ('member', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='households.member', verbose_name='成员')),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='上传人')),
                ('visit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='households.householdcheck', verbose_name='入户核查')),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='撤销人')),
            ],
            options={
                'verbose_name': '佐证材料',
                'verbose_name_plural': '佐证材料',
                'indexes': [models.Index(fields=['household', '-uploaded_at'], name='households_evidence_house')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('household', 'kind', 'sha256'), name='households_evidence_once'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at', None), ('withdrawn_by', None), ('withdrawn_reason', '')), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdrawn_reason', ''), _negated=True)), _connector='OR'), name='households_evidence_withdrawn')],
            },
        ),
    ]
