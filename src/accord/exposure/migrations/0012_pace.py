from django.db import migrations, models


def _partial(name: str) -> list[migrations.RemoveIndex | migrations.AddIndex]:
    """The index of a column holds the rows that have a value in it, and no others."""
    index = models.Index(
        fields=[name, "id"], name=f"exposure_f_{name}", condition=models.Q(**{f"{name}__isnull": False})
    )
    return [migrations.RemoveIndex("finding", f"exposure_f_{name}"), migrations.AddIndex("finding", index)]


class Migration(migrations.Migration):
    dependencies = [("exposure", "0011_mappings")]
    operations = [*_partial("epss"), *_partial("price")]
