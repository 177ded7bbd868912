"""Settings from the environment: variables are set by CI, services are bound on the platform."""
import json
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

# What every environment must have. A missing name stops the process here.
SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
JWT_KEY = os.environ["JWT_KEY"]
BASE_URL = os.environ["BASE_URL"]
FRONTEND_BASE_URL = os.environ["FRONTEND_BASE_URL"]

# What has a sensible default.
DEBUG = os.environ.get("DJANGO_DEBUG", "no") == "yes"
LOGGING_LEVEL = os.environ.get("LOGGING_LEVEL", "INFO")
AV_SCAN_URL = os.environ.get("AV_SCAN_URL", "http://clamav:9000/scan")
AV_SCAN_TIMEOUT = int(os.environ.get("AV_SCAN_TIMEOUT", "30"))
AV_SCAN_MAX_RETRIES = int(os.environ.get("AV_SCAN_MAX_RETRIES", "5"))

# The platform's own names: tdp-backend-raft in the space tanf-dev binds tdp-db-dev.
APPLICATION = json.loads(os.environ["VCAP_APPLICATION"])
SERVICES = json.loads(os.environ["VCAP_SERVICES"])
SUFFIX = APPLICATION["space_name"].removeprefix("tanf-")


def service(kind, name):
    """Return the credentials of the bound service instance of this kind and name."""
    return next(s for s in SERVICES[kind] if s["name"] == name)["credentials"]


_db = service("aws-rds", f"tdp-db-{SUFFIX}")
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _db["db_name"],
        "USER": _db["username"],
        "PASSWORD": _db["password"],
        "HOST": _db["host"],
        "PORT": _db["port"],
    }
}
DATAFILES = service("s3", f"tdp-datafiles-{SUFFIX}")
STATICFILES = service("s3", f"tdp-staticfiles-{SUFFIX}")
CELERY_BROKER_URL = service("aws-elasticache-redis", f"tdp-redis-{SUFFIX}")["uri"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "portal.reports",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "app": {"format": "[%(asctime)s %(levelname)s %(filename)s::%(funcName)s:L%(lineno)d :  %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "app"}},
    "root": {"handlers": ["console"], "level": LOGGING_LEVEL},
    "loggers": {"django": {"handlers": ["console"], "level": LOGGING_LEVEL, "propagate": False}},
}

_mail = service("user-provided", f"tdp-mail-{SUFFIX}")
EMAIL_HOST = _mail["host"]
EMAIL_PORT = int(_mail["port"])
EMAIL_HOST_USER = _mail["username"]
EMAIL_HOST_PASSWORD = _mail["password"]
DEFAULT_FROM_EMAIL = "reports@portal.lab.example"
