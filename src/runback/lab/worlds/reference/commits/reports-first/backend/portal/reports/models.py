from django.db import models


class Report(models.Model):
    """A report file that was taken in."""

    name = models.CharField(max_length=200)
    year = models.IntegerField(null=True)
    received_at = models.DateTimeField(auto_now_add=True)
