#!/bin/bash
# Deploy the frontend: deploy-frontend.sh rolling|initial|rebuild FRONTEND BACKEND SPACE

strategy=$1
frontend=$2
backend=$3
space=$4

domain=${CF_DOMAIN:-app.cloud.gov}

cd "$(dirname "$0")/../frontend" || exit 1

echo "Deploying $frontend to $space, strategy $strategy"
case "$strategy" in
  rolling)
    cf set-env "$frontend" BACKEND_HOST "$backend"
    cf push "$frontend" -f manifest.yml --no-route -t 90 --strategy rolling || exit 1
    cf set-label app "$frontend" "commit=${CIRCLE_SHA1:-$(git rev-parse HEAD)}"
    ;;
  *)
    if [ "$strategy" = rebuild ]; then
      cf delete "$frontend" -r -f
    fi
    cf push "$frontend" -f manifest.yml --no-route --no-start &&
      cf set-label app "$frontend" "commit=${CIRCLE_SHA1:-$(git rev-parse HEAD)}"
    cf set-env "$frontend" BACKEND_HOST "$backend"
    cf restage "$frontend"
    ;;
esac

cf map-route "$frontend" "$domain" --hostname "$frontend"
cf add-network-policy "$frontend" "$backend" --protocol tcp --port 8080

echo "Deployed $frontend"
