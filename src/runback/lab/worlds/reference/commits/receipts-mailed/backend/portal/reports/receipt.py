"""Whoever hands a report in gets a receipt by mail."""
from django.conf import settings
from django.core.mail import send_mail


def send(name):
    send_mail(f"Received: {name}", "Thank you.", None, [settings.DEFAULT_FROM_EMAIL])
