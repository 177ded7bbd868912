#!/bin/bash
# Boot the backend as the platform does and ask it one thing.
set -e

cd "$(dirname "$0")/../backend"
pip install -q -r requirements.txt
export DJANGO_SECRET_KEY=not-a-secret JWT_KEY=not-a-key PORT=8080
export BASE_URL=http://localhost:8080/v1 FRONTEND_BASE_URL=http://localhost:3000
export VCAP_APPLICATION='{"space_name": "tanf-dev"}'
VCAP_SERVICES="$(cat tests/services.json)"
export VCAP_SERVICES

bash gunicorn_start.sh &
trap 'kill %1' EXIT
curl --fail --silent --show-error --retry 10 --retry-connrefused http://localhost:8080/healthz/
