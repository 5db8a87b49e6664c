import core.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("households", "0008_evidence"),
        ("core", "0002_append_only_guards"),
        ("villages", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StatusProcess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('IDENTIFY', '识别'), ('PRE_EXIT', '预脱贫'), ('EXIT', '脱贫退出'), ('BACK', '取消预脱贫'), ('STOP_POLICY', '不再享受政策'), ('RE_ENTRY', '返贫'), ('REMOVE', '清退（错评）'), ('EXTINCT', '自然消亡')], max_length=16, verbose_name='类别')),
                ('household', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='processes', to='households.household', verbose_name='户')),
                ('village', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='villages.village', verbose_name='嘎查村')),
                ('name', models.CharField(max_length=64, verbose_name='户主姓名')),
                ('applicant', core.fields.EncryptedTextField(blank=True, verbose_name='申请家庭')),
                ('from_status', models.CharField(blank=True, choices=[('NOT_LIFTED', '未脱贫'), ('PRE_LIFTED', '预脱贫'), ('LIFTED_POLICY', '已脱贫（享受政策）'), ('LIFTED_NO_POLICY', '已脱贫（不再享受政策）'), ('RETURNED', '返贫'), ('REMOVED', '清退'), ('EXTINCT', '自然消亡')], max_length=20, verbose_name='原状态')),
                ('to_status', models.CharField(choices=[('NOT_LIFTED', '未脱贫'), ('PRE_LIFTED', '预脱贫'), ('LIFTED_POLICY', '已脱贫（享受政策）'), ('LIFTED_NO_POLICY', '已脱贫（不再享受政策）'), ('RETURNED', '返贫'), ('REMOVED', '清退'), ('EXTINCT', '自然消亡')], max_length=20, verbose_name='拟变更为')),
                ('values', models.JSONField(blank=True, default=dict, verbose_name='变更内容')),
                ('state', models.CharField(choices=[('OPEN', '办理中'), ('OBJECTED', '有异议，待调查'), ('APPROVED', '已审定'), ('DROPPED', '已终止'), ('REVOKED', '已撤销')], default='OPEN', max_length=16, verbose_name='办理状态')),
                ('step', models.CharField(blank=True, choices=[('APPLICATION', '农户申请'), ('PROPOSAL', '村级提出'), ('VILLAGE_CHECK', '村级核实'), ('REVIEW', '民主评议'), ('AGREEMENT', '入户核算、户主签字'), ('TOWNSHIP_CHECK', '乡镇核查'), ('COMPARISON', '数据比对'), ('SECOND_REVIEW', '村民代表再评议'), ('VILLAGE_NOTICE', '村级公示'), ('TOWNSHIP_NOTICE', '乡镇公示'), ('APPROVAL', '旗县审定公告'), ('NOTICE_END', '公示期满'), ('OBJECTION', '收到异议'), ('ANSWER', '异议调查答复'), ('DROP', '终止'), ('REVOKE', '撤销审定')], max_length=16, verbose_name='当前步骤')),
                ('opened_on', models.DateField(verbose_name='提出日期')),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='提出人')),
                ('checked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='乡镇核查人')),
                ('changed_on', models.DateField(verbose_name='最近办理日期')),
                ('notice_from', models.DateField(blank=True, null=True, verbose_name='公示开始')),
                ('notice_to', models.DateField(blank=True, null=True, verbose_name='公示截止')),
                ('notice_phone', models.CharField(blank=True, max_length=20, verbose_name='异议电话')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='办结日期')),
                ('outcome', models.CharField(blank=True, max_length=500, verbose_name='结果')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='版本')),
            ],
            options={
                'verbose_name': '状态变更',
                'verbose_name_plural': '状态变更',
                'indexes': [models.Index(fields=['village', '-changed_on'], name='households_process_village'), models.Index(condition=models.Q(('state__in', ['OPEN', 'OBJECTED'])), fields=['village', 'step'], name='households_process_waiting')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['OPEN', 'OBJECTED'])), fields=('household',), name='households_process_one_open'), models.CheckConstraint(condition=models.Q(models.Q(('notice_from', None), ('notice_to', None)), ('notice_to__gte', models.F('notice_from')), _connector='OR'), name='households_process_notice_range')],
            },
        ),
        migrations.CreateModel(
            name='ProcessStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('process', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='turns', to='households.statusprocess', verbose_name='状态变更')),
                ('kind', models.CharField(choices=[('APPLICATION', '农户申请'), ('PROPOSAL', '村级提出'), ('VILLAGE_CHECK', '村级核实'), ('REVIEW', '民主评议'), ('AGREEMENT', '入户核算、户主签字'), ('TOWNSHIP_CHECK', '乡镇核查'), ('COMPARISON', '数据比对'), ('SECOND_REVIEW', '村民代表再评议'), ('VILLAGE_NOTICE', '村级公示'), ('TOWNSHIP_NOTICE', '乡镇公示'), ('APPROVAL', '旗县审定公告'), ('NOTICE_END', '公示期满'), ('OBJECTION', '收到异议'), ('ANSWER', '异议调查答复'), ('DROP', '终止'), ('REVOKE', '撤销审定')], max_length=16, verbose_name='步骤')),
                ('on', models.DateField(verbose_name='日期')),
                ('at', models.DateTimeField(verbose_name='录入时间')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='经办人')),
                ('office', models.CharField(blank=True, max_length=150, verbose_name='经办岗位')),
                ('data', models.JSONField(blank=True, default=dict, verbose_name='内容')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='说明')),
            ],
            options={
                'verbose_name': '状态变更步骤',
                'verbose_name_plural': '状态变更步骤',
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER households_processstep_guard BEFORE UPDATE OR DELETE ON households_processstep "
            "FOR EACH ROW EXECUTE FUNCTION core_append_only();",
            "DROP TRIGGER households_processstep_guard ON households_processstep;",
        ),
    ]
