from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("Note", [
            ("id", models.BigAutoField(primary_key=True)), ("text", models.CharField(max_length=200)),
            ("written", models.DateTimeField(auto_now_add=True)),
        ]),
        migrations.CreateModel("Draft", [("id", models.BigAutoField(primary_key=True)), ("text", models.TextField())]),
    ]
