#!/bin/bash
# Deploy the backend and its worker: deploy-backend.sh rolling|initial|rebuild FRONTEND BACKEND SPACE
#
# The values of var_list come from the caller's environment: in CI from the context of the job.

strategy=$1
frontend=$2
backend=$3
space=$4

environment=${backend#tdp-backend-}
celery="tdp-celery-$environment"
suffix=${space#tanf-}
domain=${CF_DOMAIN:-app.cloud.gov}

export BASE_URL="https://$frontend.$domain/v1"
export FRONTEND_BASE_URL="https://$frontend.$domain"
export AV_SCAN_URL="http://tdp-clamav-nginx-$suffix.apps.internal:9000/scan"
export DJANGO_SETTINGS_MODULE=portal.settings

set_env() {
  # Give the app what the environment holds; what is empty here is taken from the app.
  var_list=(
    ACFTITAN_HOST
    ACFTITAN_KEY
    ACFTITAN_USERNAME
    AMS_CLIENT_ID
    AMS_CLIENT_SECRET
    AMS_CONFIGURATION_ENDPOINT
    AV_SCAN_MAX_RETRIES
    AV_SCAN_TIMEOUT
    AV_SCAN_URL
    BASE_URL
    CELERY_WORKERS
    CYPRESS_TOKEN
    DJANGO_DEBUG
    DJANGO_SECRET_KEY
    DJANGO_SETTINGS_MODULE
    DJANGO_SU_NAME
    FRONTEND_BASE_URL
    JWT_CERT
    JWT_KEY
    LOGGING_LEVEL
    SENDGRID_API_KEY
    SLACK_HOOK
  )
  echo "Setting environment variables for $1"
  for name in "${var_list[@]}"; do
    if [ -z "${!name}" ]; then
      echo "WARNING: Empty value for $name. It will now be unset."
      cf unset-env "$1" "$name"
    else
      cf set-env "$1" "$name" "${!name}"
    fi
  done
}

bind_services() {
  for service in tdp-db tdp-staticfiles tdp-datafiles tdp-redis; do
    cf bind-service "$1" "$service-$suffix"
  done
}

label() {
  # So that everybody can see which commit an app runs.
  cf set-label app "$1" "commit=${CIRCLE_SHA1:-$(git rev-parse HEAD)}"
}

push() {
  # push APP MANIFEST [OPTION …]
  app=$1
  manifest=$2
  shift 2
  cf push "$app" -f "$manifest" -t 180 "$@" && label "$app"
}

deploy_rolling() {
  push "$backend" manifest.yml --no-route --strategy rolling || exit 1
  push "$celery" manifest.celery.yml --no-route --strategy rolling || exit 1
}

deploy_initial() {
  push "$backend" manifest.yml --no-route
  push "$celery" manifest.celery.yml --no-route
}

deploy_rebuild() {
  cf delete "$backend" -r -f
  cf delete "$celery" -r -f
  # Nothing is set or bound yet: the restage below starts them.
  push "$backend" manifest.yml --no-route --no-start
  push "$celery" manifest.celery.yml --no-route --no-start
}

cd "$(dirname "$0")/../backend" || exit 1

echo "Deploying $backend to $space, strategy $strategy"
case "$strategy" in
  rolling) deploy_rolling ;;
  rebuild) deploy_rebuild ;;
  *) deploy_initial ;;
esac

for app in "$backend" "$celery"; do
  set_env "$app"
  bind_services "$app"
  cf map-route "$app" apps.internal --hostname "$app"
done

cf add-network-policy "$frontend" "$backend"
cf add-network-policy "$backend" "tdp-clamav-nginx-$suffix" --protocol tcp --port 9000
cf add-network-policy "$celery" "tdp-clamav-nginx-$suffix" --protocol tcp --port 9000

# Variables and services reach the processes only now.
cf restage "$backend"
cf restage "$celery"

echo "Deployed $backend and $celery"
