"""The files of reports are kept in the bucket of the environment."""
import boto3
from django.conf import settings


def keep(name, content):
    keys = settings.DATAFILES
    bucket = boto3.client(
        "s3",
        region_name=keys["region"],
        aws_access_key_id=keys["access_key_id"],
        aws_secret_access_key=keys["secret_access_key"],
    )
    bucket.put_object(Bucket=keys["bucket"], Key=name, Body=content)
