import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.facts import guard_fact_table, unguard_fact_table


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0005_parity"),
        ("households", "0015_steps_with_papers"),
        ("villages", "0003_whole_form"),
        ("core", "0002_append_only_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='起始夜')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='终止夜')),
                ('recorded_at', models.DateTimeField(verbose_name='记录时间')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='关闭时间')),
                ('superseded_at', models.DateTimeField(blank=True, null=True, verbose_name='被替换时间')),
                ('rule', models.CharField(max_length=16, verbose_name='规则')),
                ('severity', models.CharField(choices=[('BLOCKING', '必须更正'), ('WARNING', '须核实')], max_length=8, verbose_name='程度')),
                ('subject_kind', models.CharField(choices=[('HOUSEHOLD', '户'), ('MEMBER', '人'), ('VILLAGE', '村')], max_length=16, verbose_name='对象类别')),
                ('subject_id', models.BigIntegerField(verbose_name='对象编号')),
                ('seen', models.JSONField(default=dict, verbose_name='所见数值')),
                ('digest', models.CharField(max_length=32, verbose_name='数值摘要')),
                ('since', models.DateField(verbose_name='首次发现')),
                ('household', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='households.household', verbose_name='户')),
                ('village', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='villages.village', verbose_name='嘎查村')),
            ],
            options={
                'verbose_name': '疑点',
                'verbose_name_plural': '疑点',
                'indexes': [models.Index(condition=models.Q(('superseded_at', None), ('valid_to', None)), fields=['household'], name='indicators_finding_household')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('superseded_at', None)), fields=('village', 'rule', 'subject_id', 'valid_from'), name='indicators_finding_start'), models.UniqueConstraint(condition=models.Q(('superseded_at', None), ('valid_to', None)), fields=('village', 'rule', 'subject_id'), name='indicators_finding_open')],
            },
        ),
        migrations.CreateModel(
            name='FindingBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField(verbose_name='日期')),
                ('low', models.BigIntegerField(verbose_name='起始村代码')),
                ('high', models.BigIntegerField(verbose_name='终止村代码')),
                ('watermark', models.DateTimeField(verbose_name='数据时点')),
                ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='完成时间')),
                ('begun_count', models.PositiveIntegerField(default=0, verbose_name='新增数')),
                ('ended_count', models.PositiveIntegerField(default=0, verbose_name='消除数')),
                ('altered_count', models.PositiveIntegerField(default=0, verbose_name='变化数')),
                ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='finding_batches', to='indicators.run', verbose_name='重算')),
            ],
            options={
                'verbose_name': '疑点检查批次',
                'verbose_name_plural': '疑点检查批次',
                'indexes': [models.Index(fields=['low', 'high', 'on'], name='indicators_findingbatch_range'), models.Index(condition=models.Q(('done_at', None)), fields=['run'], name='indicators_findingbatch_left')],
                'constraints': [models.UniqueConstraint(fields=('run', 'low'), name='indicators_findingbatch_run'), models.UniqueConstraint(condition=models.Q(('run', None)), fields=('on', 'low'), name='indicators_findingbatch_day')],
            },
        ),
        migrations.CreateModel(
            name='FindingException',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=16, verbose_name='规则')),
                ('subject_kind', models.CharField(choices=[('HOUSEHOLD', '户'), ('MEMBER', '人'), ('VILLAGE', '村')], max_length=16, verbose_name='对象类别')),
                ('subject_id', models.BigIntegerField(verbose_name='对象编号')),
                ('seen', models.JSONField(default=dict, verbose_name='所见数值')),
                ('digest', models.CharField(max_length=32, verbose_name='数值摘要')),
                ('reason', models.CharField(max_length=500, verbose_name='理由')),
                ('expires_on', models.DateField(verbose_name='有效期至')),
                ('state', models.CharField(choices=[('OPEN', '待审批'), ('APPROVED', '已批准'), ('REFUSED', '未批准'), ('WITHDRAWN', '已撤回')], default='OPEN', max_length=10, verbose_name='状态')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='版本')),
                ('requested_at', models.DateTimeField(verbose_name='申请时间')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='审批时间')),
                ('decision_note', models.CharField(blank=True, max_length=500, verbose_name='审批意见')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='审批人')),
                ('evidence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='households.evidence', verbose_name='佐证材料')),
                ('household', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='households.household', verbose_name='户')),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='申请人')),
                ('village', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='villages.village', verbose_name='嘎查村')),
            ],
            options={
                'verbose_name': '疑点说明',
                'verbose_name_plural': '疑点说明',
                'indexes': [models.Index(condition=models.Q(('state', 'APPROVED')), fields=['rule', 'subject_id', 'digest'], name='indicators_exception_granted'), models.Index(fields=['village', 'state'], name='indicators_exception_village')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['APPROVED', 'REFUSED']), _negated=True), models.Q(('decided_by', models.F('requested_by')), _negated=True), _connector='OR'), name='indicators_exception_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('state', 'OPEN')), models.Q(models.Q(('state', 'OPEN'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='indicators_exception_decided'), models.UniqueConstraint(condition=models.Q(('state', 'OPEN')), fields=('rule', 'subject_id'), name='indicators_exception_one_open')],
            },
        ),
        migrations.RunSQL(
            guard_fact_table('indicators_finding'), unguard_fact_table('indicators_finding')
        ),
    ]
