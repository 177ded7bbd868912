#!/bin/bash
exec gunicorn portal.wsgi:application --bind "0.0.0.0:${PORT:-8080}" --workers "${GUNICORN_WORKERS:-1}" --threads 4 --timeout 100
