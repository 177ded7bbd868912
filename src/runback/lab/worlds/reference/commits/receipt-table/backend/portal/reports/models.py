from django.db import models


class Receipt(models.Model):
    number = models.CharField(max_length=20)
