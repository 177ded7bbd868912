from django.db import models


class Receipt(models.Model):
    number = models.CharField()
    amount = models.DecimalField(max_digits=8)
