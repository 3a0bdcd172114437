from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("board", "0001_initial")]
    operations = [migrations.DeleteModel("Draft")]
