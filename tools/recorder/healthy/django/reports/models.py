from django.db import models


class ErrorReport(models.Model):
    failed = models.BooleanField(default=False)
    error_message = models.TextField(blank=True)
