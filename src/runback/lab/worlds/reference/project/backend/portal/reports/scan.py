"""Ask the virus scanner about an uploaded file, over the platform's internal network."""
import logging

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from urllib3.util.retry import Retry

logger = logging.getLogger(__name__)


class ScanFailed(Exception):
    """The scanner could not be asked, or gave no verdict."""


def session():
    """Return a session that asks again while the scanner cannot be reached."""
    retry = Retry(total=settings.AV_SCAN_MAX_RETRIES, backoff_factor=1, allowed_methods=None)
    result = requests.Session()
    result.mount("http://", HTTPAdapter(max_retries=retry))
    return result


def is_clean(name, data):
    """Return whether the scanner found nothing in the file; raise ScanFailed where it did not say."""
    logger.info("Initiating virus scan for file: %s", name)
    try:
        answer = session().post(
            settings.AV_SCAN_URL, files={"file": (name, data)}, timeout=settings.AV_SCAN_TIMEOUT
        )
    except RequestException as error:
        logger.error("Virus scan failed for file %s: %s", name, error)
        raise ScanFailed(str(error)) from error
    if answer.status_code == 200:
        logger.info("Virus scan found nothing in file: %s", name)
        return True
    if answer.status_code == 406:
        logger.warning("Virus scan found a virus in file: %s", name)
        return False
    logger.error("Virus scan failed for file %s: HTTP %s from %s", name, answer.status_code, answer.url)
    raise ScanFailed(f"HTTP {answer.status_code}")
