from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0001b_report_office")]
    operations = [
        migrations.AddField(
            model_name="report",
            name="quarter",
            field=models.CharField(blank=True, default="", max_length=2),
            preserve_default=False,
        ),
    ]
