"""Lists: filters, order, pages, and what is included beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from runback.lab.platform.api.call import Call, Json, base
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Resource
from runback.lab.server import Response

R = TypeVar("R", bound=Resource)
Value = str | None | Iterable[str]
Filters = Mapping[str, Callable[[R], Value]]
Present = Callable[[Call, R], Json]
Include = Callable[[Call, Sequence[R]], Json]

# what every list takes beside its own filters
# key in (a,b), key notin (a,b)
_SET_BASED = re.compile(r"(?P<key>\S+) (?P<not>not)?in \((?P<values>[^)]*)\)")
_COMMON = ("page", "per_page", "order_by", "created_ats", "updated_ats", "guids", "label_selector")
_ORDERS = ("created_at", "updated_at", "name", "position", "state")
_RELATION = re.compile(r"(?<=ated_ats)\[(lt|lte|gt|gte)\]$")
LARGEST_PAGE = 5000  # cloud_controller_ng, messages/list_message.rb


def listed(
    call: Call,
    resources: Iterable[R],
    present: Present[R],
    filters: Filters[R] | None = None,
    *,
    include: Mapping[str, Include[R]] | None = None,
    also: Sequence[str] = (),
) -> Response:
    """A page of the resources that pass the query's filters.

    `filters` are the list's own parameters, each with what it is compared to; `include` the values that
    `include=` may have (or whole `fields[…]` parameters); `also` parameters that the handler reads itself.
    """
    filters = filters or {}
    include = include or {}
    _check(call, (*_COMMON, *filters, *also), include)
    chosen = [each for each in resources if _passes(call, each, filters)]
    ordered = _ordered(call, chosen)
    page, per_page = _number(call, "page", 1, None), _number(call, "per_page", 50, LARGEST_PAGE)
    shown = ordered[(page - 1) * per_page : page * per_page]
    body: Json = {
        "pagination": _pagination(call, len(ordered), page, per_page),
        "resources": [present(call, each) for each in shown],
    }
    if included := _included(call, shown, include):
        body["included"] = included
    return Response.json(body)


def paged(call: Call, bodies: Sequence[Json]) -> Response:
    """A page of what has no resources behind it, and no filters."""
    page, per_page = _number(call, "page", 1, None), _number(call, "per_page", 50, LARGEST_PAGE)
    shown = list(bodies[(page - 1) * per_page : page * per_page])
    return Response.json({"pagination": _pagination(call, len(bodies), page, per_page), "resources": shown})


def with_included(call: Call, resource: R, body: Json, include: Mapping[str, Include[R]]) -> Response:
    """A single resource with what `include=` asks for."""
    if included := _included(call, [resource], include):
        body["included"] = included
    return Response.json(body)


def _included(call: Call, shown: Sequence[R], include: Mapping[str, Include[R]]) -> Json:
    merged: dict[str, dict[str, Json]] = {}
    asked = [
        *(call.request.many("include") or ()),
        *(name for name in call.request.query if name.startswith("fields[")),
    ]
    for name in asked:
        for kind, resources in include[name](call, shown).items():
            merged.setdefault(kind, {}).update({each["guid"]: each for each in resources})
    return {kind: list(resources.values()) for kind, resources in merged.items()}


def _check(call: Call, known: Sequence[str], include: Mapping[str, object]) -> None:
    fields = [name for name in include if "[" in name]
    plain = [name for name in include if "[" not in name]
    valid = [*known, *fields, *(["include"] if plain else [])]
    # list_message.rb and base_message.rb of cloud_controller_ng
    if unknown := [name for name in call.request.query if _RELATION.sub("", name) not in valid]:
        listing = ", ".join(f"'{name}'" for name in unknown)
        allowed = ", ".join(f"'{name}'" for name in valid)
        raise _bad(f"Unknown query parameter(s): {listing}. Valid parameters are: {allowed}")
    for name in call.request.many("include") or ():
        if name not in plain:
            allowed = ", ".join(f"'{each}'" for each in plain)
            raise _bad(f"Invalid included resource: '{name}'. Valid included resources are: {allowed}")


def _bad(detail: str) -> Refusal:
    return Refusal(f"The query parameter is invalid: {detail}", "CF-BadQueryParameter")


def _passes(call: Call, resource: R, filters: Filters[R]) -> bool:
    guids = call.request.many("guids")
    if guids is not None and resource.guid not in guids:
        return False
    for name, of in filters.items():
        wanted = call.request.many(name)
        if wanted is None:
            continue
        value = of(resource)
        values = [value] if isinstance(value, str) else list(value or ())
        if not any(each in wanted for each in values):
            return False
    return _in_time(call, resource) and _labelled(call.request.one("label_selector"), resource)


def _in_time(call: Call, resource: Resource) -> bool:
    stamps = base(resource)
    for parameter, at in (("created_ats", stamps["created_at"]), ("updated_ats", stamps["updated_at"])):
        for name, values in call.request.query.items():
            if name.split("[")[0] != parameter:
                continue
            wanted = values[0].split(",")
            relation = name[len(parameter) :].strip("[]")
            holds = {
                "": at in wanted,
                "lt": at < wanted[0],
                "lte": at <= wanted[0],
                "gt": at > wanted[0],
                "gte": at >= wanted[0],
            }
            if not holds.get(relation, False):
                return False
    return True


def _labelled(selector: str, resource: Resource) -> bool:
    # The comma inside `key in (a,b)` separates values, not requirements.
    return all(_holds(one.strip(), resource) for one in re.split(r",(?![^(]*\))", selector) if one.strip())


def _holds(requirement: str, resource: Resource) -> bool:
    labels = resource.labels
    if found := _SET_BASED.fullmatch(requirement):
        among = labels.get(found["key"]) in [one.strip() for one in found["values"].split(",")]
        return among != bool(found["not"])
    key, equals, value = requirement.replace("==", "=").partition("=")
    if key.startswith("!"):
        return key[1:] not in labels
    if key.endswith("!"):
        return labels.get(key[:-1]) != value
    return labels.get(key) == value if equals else key in labels


def _ordered(call: Call, resources: list[R]) -> list[R]:
    asked = call.request.one("order_by", "created_at")
    name = asked.lstrip("+-")
    if name not in _ORDERS:
        allowed = ", ".join(f"'{each}'" for each in _ORDERS)
        raise _bad(f"Order by can only be: {allowed}")
    # The state keeps order of creation, which breaks ties; a descending list is that list turned round.

    def key(each: R) -> str:
        return _sortable(getattr(each, name, ""))

    if asked.startswith("-"):
        return sorted(resources, key=key)[::-1]
    return sorted(resources, key=key)


def _sortable(value: object) -> str:
    return f"{value:012d}" if isinstance(value, int) else str(value)


def _number(call: Call, name: str, default: int, largest: int | None) -> int:
    given = call.request.one(name)
    if not given:
        return default
    label = name.replace("_", " ").capitalize()
    if not given.isdecimal() or int(given) < 1 or (largest and int(given) > largest):
        if largest:
            raise _bad(f"{label} must be between 1 and {largest}")
        raise _bad(f"{label} must be a positive integer")
    return int(given)


def _pagination(call: Call, total: int, page: int, per_page: int) -> Json:
    pages = max(1, -(-total // per_page))
    rest = [
        (name, value)
        for name, values in call.request.query.items()
        if name not in ("page", "per_page")
        for value in values
    ]

    def at(number: int) -> Json:
        query = urlencode([*rest, ("page", number), ("per_page", per_page)])
        return call.link(f"{call.request.path}?{query}")

    return {
        "total_results": total,
        "total_pages": pages,
        "first": at(1),
        "last": at(pages),
        "next": at(page + 1) if page < pages else None,
        "previous": at(page - 1) if page > 1 else None,
    }
