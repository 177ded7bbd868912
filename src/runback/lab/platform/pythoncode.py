"""What Python code in a package cannot do without: read from the code itself, never by running it.

Settings that take `os.environ["NAME"]` need the variable, and read some as numbers or JSON; settings that
call `service("kind", "name")` need the binding; a module that imports what neither the standard library, the
project nor requirements.txt has cannot be imported.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from runback.lab.platform.behaviour import (
    Behaviour,
    Migration,
    MissingModule,
    NeededService,
    NeededVariable,
)

_READ = r"(?P<reader>int|json\.loads|load_pem_x509_certificate)\("
_VARIABLE = re.compile(rf'^\w+ = (?:{_READ})?os\.environ(?:\["(?P<name>\w+)"\]|\.get\("(?P<likely>\w+)", )')
_FORMS: dict[str, Literal["", "integer", "json", "pem"]] = {
    "": "",
    "int": "integer",
    "json.loads": "json",
    "load_pem_x509_certificate": "pem",
}
_MIGRATION = re.compile(r"(?P<app>\w+)/migrations/(?P<name>\d{4}\w*)\.py$")
_AFTER = re.compile(r'dependencies = \[\("(?P<app>\w+)", "(?P<name>\w+)"\)')
_SERVICE = re.compile(r'service\("(?P<offering>[\w-]+)", f?"(?P<name>[^"]+)"\)')
_IMPORT = re.compile(r"^(?:import|from) (?P<module>\w+)")
_REQUIREMENT = re.compile(r"^[A-Za-z0-9][\w.-]*")
# Distributions whose modules have other names, and what comes along with them.
_MODULES = {
    "celery": ("celery", "kombu", "billiard", "vine", "amqp"),
    "django": ("django", "asgiref", "sqlparse"),
    "djangorestframework": ("rest_framework",),
    "pyjwt": ("jwt",),
    "python_dateutil": ("dateutil",),
    "pyyaml": ("yaml",),
    "requests": ("requests", "certifi", "idna", "charset_normalizer"),
}


def read(behaviour: Behaviour, files: Mapping[str, bytes]) -> Behaviour:
    """The behaviour with the needs of the code in it; as it is where there is no Python code."""
    texts = {
        name: content.decode(errors="replace")
        for name, content in files.items()
        if name.endswith(".py") and not re.search(r"(^|/)(tests?|conftest\.py)(/|$)", name)
    }
    if not texts:
        return behaviour
    variables, services = _settings(texts)
    requirements = files.get("requirements.txt")
    missing = _missing_module(texts, requirements.decode(errors="replace")) if requirements else None
    return replace(
        behaviour,
        variables=variables,
        services=services,
        missing_module=missing,
        modules=tuple(sorted(name.removesuffix(".py").replace("/", ".") for name in texts)),
        migrations=_migrations(texts),
    )


def _migrations(texts: Mapping[str, str]) -> tuple[Migration, ...]:
    found = []
    for name, text in sorted(texts.items()):
        if step := _MIGRATION.search(name):
            after = _AFTER.search(text)
            before = f"{after['app']}.{after['name']}" if after else ""
            found.append(Migration(name=f"{step['app']}.{step['name']}", after=before))
    return tuple(found)


def _settings(texts: Mapping[str, str]) -> tuple[tuple[NeededVariable, ...], tuple[NeededService, ...]]:
    """What settings.py takes without a default, in the order in which it takes it."""
    variables: list[NeededVariable] = []
    services: list[NeededService] = []
    for name, line, number in _lines(texts):
        if name.rpartition("/")[2] != "settings.py" or line.startswith("def "):
            continue
        at = f"{name}:{number}"
        if found := _VARIABLE.match(line):
            read = found["name"] or found["likely"]
            form = _FORMS[found["reader"] or ""]
            if found["name"] or form:
                one = NeededVariable(name=read, at=at, code=line, form=form, default=not found["name"])
                variables.append(one)
        elif found := _SERVICE.search(line):
            instance = found["name"].replace("{SUFFIX}", "{suffix}")
            services.append(
                NeededService(offering=found["offering"], name=instance, at=at, code=line),
            )
    return tuple(variables), tuple(services)


def _missing_module(texts: Mapping[str, str], requirements: str) -> MissingModule | None:
    known = set(sys.stdlib_module_names)
    known |= {name.split("/")[0].removesuffix(".py") for name in texts}
    for line in requirements.splitlines():
        if found := _REQUIREMENT.match(line):
            distribution = re.sub(r"[-.]", "_", found[0]).lower()
            known |= {distribution, *_MODULES.get(distribution, ())}
    for name, line, number in _lines(texts):
        if (found := _IMPORT.match(line)) and found["module"] not in known:
            return MissingModule(name=found["module"], at=f"{name}:{number}", code=line)
    return None


def _lines(texts: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    for name, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            yield name, line, number
