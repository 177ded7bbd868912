"""Reports are found by their names."""
from django.conf import settings
from elasticsearch import Elasticsearch


def keep(name):
    client = Elasticsearch([settings.SEARCH["uri"]], max_retries=0)
    client.index(index="reports", body={"name": name})
