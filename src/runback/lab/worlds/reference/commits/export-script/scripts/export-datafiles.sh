#!/bin/bash
# Copy last quarter's data files out of the bucket, for the yearly check.
export AWS_DEFAULT_REGION=us-gov-west-1
export AWS_ACCESS_KEY_ID=AKIARUNBACKLAB000001

aws s3 sync "s3://$1/data_files" "./export/$2"
