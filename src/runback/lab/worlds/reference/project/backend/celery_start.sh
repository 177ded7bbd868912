#!/bin/bash
exec celery --app portal worker --loglevel "${LOGGING_LEVEL:-INFO}" --concurrency "${CELERY_WORKERS:-2}"
