"""What the lab's programs say of values, of a schema and of their friends comes of the state."""

from __future__ import annotations

import json

import pytest

from lab.platform_world import app, instance, lines, package, reference, staged, user
from runback.lab.platform.state import App, Droplet
from runback.lab.platform.world import World

BACKEND, CELERY, SCANNER = "tdp-backend-raft", "tdp-celery-raft", "clamav-rest"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----"
SETTINGS = """import json
import os
JWT_CERT = load_pem_x509_certificate(os.environ["JWT_CERT"].encode())
PARTNERS = json.loads(os.environ["PARTNERS"])
LIMIT = int(os.environ.get("LIMIT", "30"))
"""


@pytest.fixture
def world() -> World:
    return reference()


def deployed(world: World, files: dict[str, str], override: str = "", **variables: str) -> App:
    """The backend with other files and variables, started anew."""
    maya, backend = user(world), app(world, BACKEND)
    droplet = staged(world, package(world, BACKEND, override, files))
    world.apps.set_environment(maya, backend, variables)
    world.apps.set_droplet(maya, backend, droplet)
    world.apps.restart(maya, backend)
    world.clock.advance(30)
    return backend


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"JWT_CERT": CERTIFICATE, "PARTNERS": "[]"}, ""),
        ({"JWT_CERT": CERTIFICATE.replace("\n", " "), "PARTNERS": "[]"}, ""),  # of which nobody complains
        ({"JWT_CERT": CERTIFICATE.replace("\n", "\\n"), "PARTNERS": "[]"}, "InvalidData(InvalidByte(0, 92))"),
        ({"JWT_CERT": "fake", "PARTNERS": "[]"}, "MalformedFraming"),
        ({"JWT_CERT": CERTIFICATE, "PARTNERS": "[1"}, "JSONDecodeError: Expecting ',' delimiter"),
        (
            {"JWT_CERT": CERTIFICATE, "PARTNERS": "[]", "LIMIT": "3O"},
            "invalid literal for int() with base 10",
        ),
        ({"JWT_CERT": CERTIFICATE}, "KeyError: 'PARTNERS'"),
    ],
    ids=["good", "spaces", "escaped", "no-pem", "no-json", "no-number", "missing"],
)
def test_a_value_that_the_code_cannot_read_ends_the_boot(
    world: World, given: dict[str, str], told: str
) -> None:
    deployed(world, {"portal/settings.py": SETTINGS}, **given)
    written = "\n".join(lines(world, BACKEND, "APP/PROC/WEB"))
    if not told:
        assert instance(world, BACKEND).state == "RUNNING"
        return
    assert instance(world, BACKEND).state == "CRASHED"
    assert told in written
    assert "Exit status 3" in written


def test_settings_that_the_package_does_not_hold_end_the_boot(world: World) -> None:
    deployed(world, {}, DJANGO_SETTINGS_MODULE="portal.production")
    assert "ModuleNotFoundError: No module named 'portal.production'" in lines(world, BACKEND)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("proxy.apps.internal:9000/scan", "No connection adapters were found for 'proxy.apps.internal:9000/"),
        ("", "Invalid URL '': No scheme supplied"),
    ],
)
def test_an_address_without_its_scheme_is_no_address(world: World, address: str, told: str) -> None:
    deployed(world, {}, AV_SCAN_URL=address)
    world.clock.advance(300)
    assert any(told in line for line in lines(world, BACKEND))


ANSWERS = """answers:
  - {path: /healthz/}
  - {path: "/v1/reports/2026/Q1/", uses: [tdp-db]}
  - {path: /v1/reports/, method: POST, to: scanner, status: 201, uses: [tdp-db]}
"""


def _step(name: str, after: str) -> tuple[str, str]:
    return f"portal/reports/migrations/{name}.py", f'dependencies = [("reports", "{after}")]\n'


FIRST, QUARTER = (
    ("portal/reports/migrations/0001_initial.py", ""),
    _step("0002_report_quarter", "0001_initial"),
)
OFFICE = _step("0001b_report_office", "0001_initial")


def run_migrations(world: World) -> str:
    maya, backend = user(world), app(world, BACKEND)
    task = world.tasks.create(maya, backend, "python manage.py migrate", name="migrate")
    world.clock.advance(60)
    return task.state


def test_the_schema_is_what_was_migrated_and_the_code_meets_what_it_lacks_or_does_not_know(
    world: World,
) -> None:
    deployed(world, dict([FIRST]), ANSWERS)
    world.clock.advance(300)
    assert not any("django.db.utils" in line for line in lines(world, BACKEND))  # nobody ran any here
    assert run_migrations(world) == "SUCCEEDED"
    deployed(world, dict([FIRST, QUARTER]), ANSWERS)
    world.clock.advance(300)
    assert any("column reports_report.quarter does not exist" in line for line in lines(world, BACKEND))
    assert run_migrations(world) == "SUCCEEDED"
    began = world.clock.now()
    world.clock.advance(300)
    assert not any("django.db.utils" in line for line in lines(world, BACKEND, since=began))
    maya, backend = user(world), app(world, BACKEND)
    world.apps.set_droplet(maya, backend, _before(world, backend))
    world.apps.restart(maya, backend)
    began = world.clock.now()
    world.clock.advance(300)
    told = 'null value in column "quarter" of relation "reports_report" violates not-null constraint'
    assert any(told in line for line in lines(world, BACKEND, since=began))


def _before(world: World, backend: App) -> Droplet:
    droplets = [one for one in world.state.droplets.values() if one.app_guid == backend.guid]
    return droplets[-2]


def test_a_migration_before_one_that_was_run_is_refused(world: World) -> None:
    deployed(world, dict([FIRST, QUARTER]), ANSWERS)
    assert run_migrations(world) == "SUCCEEDED"
    late = _step("0002_report_quarter", "0001b_report_office")
    deployed(world, dict([FIRST, OFFICE, late]), ANSWERS)
    assert run_migrations(world) == "FAILED"
    assert any("InconsistentMigrationHistory" in line for line in lines(world, BACKEND, "APP/TASK"))


def test_a_worker_hears_at_once_that_its_broker_ended_and_when_it_is_back(world: World) -> None:
    world.operations.service({"instance": "tdp-redis-dev", "trouble": "refused"})
    world.clock.advance(60)
    written = "\n".join(lines(world, CELERY))
    assert "Connection to broker lost. Trying to re-establish the connection..." in written
    assert "Connection refused..\nTrying again in 4.00 seconds... (2/100)" in written
    assert "0.redis.lab.example" not in written.replace("a0.redis", "")  # the recording's own host
    assert instance(world, CELERY).state == "RUNNING"
    world.operations.service({"instance": "tdp-redis-dev", "trouble": "none"})
    began = world.clock.now()
    world.clock.advance(120)
    assert any("Connected to rediss://" in line for line in lines(world, CELERY, since=began))


def test_another_password_is_asked_for_at_the_next_connection_only(world: World) -> None:
    world.operations.service({"instance": "tdp-redis-dev", "trouble": "login"})
    began = world.clock.now()
    world.clock.advance(120)
    assert not any("broker" in line for line in lines(world, CELERY, since=began))


def test_a_scanner_without_definitions_runs_and_takes_no_connection(world: World) -> None:
    world.operations.network({"drop": "database.clamav.net"})
    world.clock.advance(120)
    assert not any("Connection refused" in line for line in lines(world, "tdp-clamav-nginx-dev"))
    world.apps.restart(user(world), app(world, SCANNER))
    world.clock.advance(400)
    assert instance(world, SCANNER).state == "RUNNING"
    written = lines(world, SCANNER)
    assert any("No supported database files found in" in line for line in written)
    assert "clamD not running, waiting times [29]" in written
    assert "clamD not running, waiting times [30]" not in written
    assert any("111: Connection refused" in line for line in lines(world, "tdp-clamav-nginx-dev"))
    world.operations.network({"open": "database.clamav.net"})
    world.apps.restart(user(world), app(world, SCANNER))
    world.clock.advance(120)
    began = world.clock.now()
    world.clock.advance(400)
    assert not any("refused" in line for line in lines(world, "tdp-clamav-nginx-dev", since=began))


def test_who_has_the_old_account_of_a_mail_server_is_not_let_in(world: World) -> None:
    maya, space = user(world), world.state.spaces[app(world, BACKEND).space_guid]
    account = {"host": "mail.lab.example", "port": "25", "username": "portal", "password": "fake-old"}
    service = world.services.create_user_provided(maya, space, "tdp-mail-dev", dict(account))
    world.services.bind(maya, service, app(world, BACKEND))
    deployed(world, {}, ANSWERS.replace("uses: [tdp-db]}", "then: [tdp-mail]}"))
    world.clock.advance(300)
    assert not any("SMTP" in line for line in lines(world, BACKEND))
    world.services.update_user_provided(maya, service, {**account, "password": "fake-new"})
    world.clock.advance(300)
    assert any("SMTPAuthenticationError: (535" in line for line in lines(world, BACKEND))
    world.apps.restart(maya, app(world, BACKEND))
    began = world.clock.now()
    world.clock.advance(300)
    assert not any("SMTP" in line for line in lines(world, BACKEND, since=began))
    assert "fake-new" in json.dumps(world.services.vcap_services(app(world, BACKEND)))
