"""What Cloud Controller answers when it refuses: the names and codes of its `config/errors/v2.yml`."""

from __future__ import annotations

# title → (code, HTTP status); cloud_controller_ng, errors/v2.yml
_CODES = {
    "CF-InvalidAuthToken": (1000, 401),
    "CF-MessageParseError": (1001, 400),
    "CF-NotAuthenticated": (10002, 401),
    "CF-NotAuthorized": (10003, 403),
    "CF-InvalidRequest": (10004, 400),
    "CF-BadQueryParameter": (10005, 400),
    "CF-UnprocessableEntity": (10008, 422),
    "CF-ResourceNotFound": (10010, 404),
    "CF-RateLimitExceeded": (10013, 429),
    "CF-UniquenessError": (10016, 422),
    "CF-ServiceUnavailable": (10015, 503),
    "CF-UnableToPerform": (10009, 400),
    "CF-AsyncServiceInstanceOperationInProgress": (60016, 409),
    "CF-NoAppDetectedError": (170003, 400),
    "CF-StagingError": (170001, 400),
    "CF-StagingInProgress": (170006, 422),
    "CF-FeatureDisabled": (330002, 403),
    "CF-InstancesUnavailable": (220002, 503),
}


class Refusal(Exception):
    """One operation was refused. `detail` is Cloud Controller's own sentence."""

    def __init__(self, detail: str, title: str = "CF-UnprocessableEntity") -> None:
        super().__init__(detail)
        self.title = title
        self.detail = detail
        self.code, self.status = _CODES[title]

    def error(self) -> dict[str, object]:
        """One entry of the API's `errors` list."""
        return {"code": self.code, "title": self.title, "detail": self.detail}
