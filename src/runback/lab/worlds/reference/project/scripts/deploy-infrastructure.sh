#!/bin/bash
# Create the services of a space that are not there yet: deploy-infrastructure.sh SUFFIX
set -e

suffix=$1

create() {
  # create NAME OFFERING PLAN
  if cf service "$1" > /dev/null 2>&1; then
    echo "$1 is there"
  else
    cf create-service "$2" "$3" "$1"
  fi
}

create "tdp-db-$suffix" aws-rds micro-psql
create "tdp-staticfiles-$suffix" s3 basic-public
create "tdp-datafiles-$suffix" s3 basic
create "tdp-redis-$suffix" aws-elasticache-redis redis-dev
