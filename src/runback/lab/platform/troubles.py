"""What can be wrong with a service instance behind its binding, and what programs that use it then print.

The platform knows nothing of it: the binding is there, the broker says all is well. Whoever uses the service
fails, and writes what the recordings hold (services.py, schema.py and friends.py of tools/recorder: Django
5.2.8, psycopg 3.2.12, Celery 5.5.3, smtplib, boto3 and the client of Elasticsearch against PostgreSQL 15,
Redis, and stand-ins for S3, a mail server and the index).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """The recordings of what clients print: at a request that reads, and at one that writes."""

    reading: str  # '': what only reads goes on
    writing: str


def _both(name: str) -> Trouble:
    return Trouble(name, f"{name}-upload")


# offering → trouble
TROUBLES: dict[str, dict[str, Trouble]] = {
    "aws-rds": {
        "refused": _both("gunicorn-database-refused"),
        "login": _both("gunicorn-database-login"),
        "connections": _both("gunicorn-database-connections"),
        "table": _both("gunicorn-database-table"),
        "column": _both("gunicorn-database-column"),
        "written": Trouble("", "gunicorn-database-column-upload"),
        "newer": Trouble("", "gunicorn-database-newer-upload"),
        "full": Trouble("", "gunicorn-database-full"),
    },
    "s3": {"denied": Trouble("", "gunicorn-bucket-denied")},
    "aws-elasticsearch": {
        "refused": Trouble("", "gunicorn-search-refused"),
        "full": Trouble("", "gunicorn-search-full"),
    },
    # a mail server, of which somebody wrote down the account
    "user-provided": {
        "refused": Trouble("", "gunicorn-mail-refused"),
        "login": Trouble("", "gunicorn-mail-login"),
    },
    "aws-elasticache-redis": {
        "refused": Trouble("celery-broker-refused", "celery-broker-refused"),
        "login": Trouble("celery-broker-login", "celery-broker-login"),
    },
}
