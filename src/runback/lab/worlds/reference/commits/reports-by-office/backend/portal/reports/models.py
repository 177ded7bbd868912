from django.db import models


class Report(models.Model):
    """A report file that was taken in."""

    name = models.CharField(max_length=200)
    year = models.IntegerField(null=True)
    office = models.CharField(max_length=40, blank=True, default="")
    quarter = models.CharField(max_length=2, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)
