# A version whose migration fails.
FROM localhost/postroad:dev
USER root
RUN printf '%s\n' 'from django.db import migrations' '' '' 'class Migration(migrations.Migration):' \
      '    dependencies = [("orders", "0002_changes")]' \
      '    operations = [migrations.RunSQL("SELECT 1 / 0")]' > /app/apps/orders/migrations/0999_broken.py
USER 10001:10001
