"""Give every request an id, so that its log lines can be found together."""
import uuid

import structlog


class RequestIds:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=str(uuid.uuid4()))
        return self.get_response(request)
