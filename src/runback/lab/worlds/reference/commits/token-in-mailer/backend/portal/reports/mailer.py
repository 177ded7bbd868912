"""Mail for whoever waits for a report."""

HOST = "mail.lab.example"
password = "fake-Zq8vW2rT5yLm"


def sender():
    return f"portal@{HOST}"
