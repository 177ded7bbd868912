"""scan: the log of a server, which has no end: what it went on after is not why anything failed."""

from __future__ import annotations

from io import BytesIO

from runback.diagnose.scan import scan
from runback.facts import SCHEMAS
from runback.model import Scan
from runback.rules import load

RUNBOOK = load(SCHEMAS)
FRAMES = "".join(f"\tat com.example.Tea.brew(Tea.java:{line}) ~[classes/:na]\n" for line in range(30))
CAUGHT = (
    "2026-03-03 14:50:26.100 ERROR 3089 --- [main] com.example.Tea : no kettle\n\n"
    f"com.example.NoKettleException: java.lang.IllegalStateException\n{FRAMES}"
    f"Caused by: java.lang.IllegalStateException: null\n{FRAMES}"
)
STARTED = (
    "2026-03-03 14:50:27.038  INFO 3089 --- [main] com.example.Tea : Started Tea in 3.283 seconds\n"
    "2026-03-03 14:50:30.039  INFO 3089 --- [nio-1] o.s.web.servlet.DispatcherServlet : "
    "Completed initialization in 5 ms\n"
)


def of(text: str) -> Scan:
    return scan([("log", BytesIO(text.encode()))], RUNBOOK)


def test_what_a_server_started_in_spite_of_is_no_failure() -> None:
    before = "2026-03-03 14:50:20.000  INFO 3089 --- [main] com.example.Tea : loading\n" * 200
    assert (of(before + CAUGHT + STARTED).verdict, of(before + CAUGHT + STARTED).causes) == ("healthy", ())
    assert of(before + STARTED + CAUGHT).causes
    assert of(
        f"{before}{CAUGHT}2026-03-03 14:50:28.001  INFO 3089 --- [main] Pool : Shutdown completed.\n"
    ).causes


def test_gunicorn_serves_without_its_control_socket() -> None:
    text = (
        "[2026-03-03 10:00:26 +0000] [6] [INFO] Starting gunicorn 26.0.0\n"
        "[2026-03-03 10:00:26 +0000] [6] [INFO] Listening at: http://0.0.0.0:8080 (6)\n"
        "[2026-03-03 10:00:26 +0000] [8] [INFO] Booting worker with pid: 8\n"
        "[2026-03-03 10:00:26 +0000] [6] [ERROR] Control server error: [Errno 30] Read-only file system\n"
    )
    assert (of(text).verdict, of(text * 50).verdict) == ("healthy", "healthy")
    assert of(text.replace("Control server error:", "Cannot go on:") * 50).verdict == "failed"


def test_postgresql_turns_clients_away_while_it_starts() -> None:
    text = (
        'db_1  | initdb: warning: enabling "trust" authentication for local connections\n'
        "db_1  | 2026-03-03 14:50:04.022 UTC [1] LOG:  database system is ready to accept connections\n"
        "db_1  | 2026-03-03 14:50:04.600 UTC [61] FATAL:  the database system is starting up\n"
        "web_1 | Quit the server with CONTROL-C.\n"
    )
    assert (of(text).verdict, of(text).causes) == ("healthy", ())
    client = "psql: error: FATAL:  the database system is starting up\n"
    assert [cause.finding.page for cause in of(client).causes] == ["database-not-ready"]


def test_postgresql_says_of_a_health_check_that_it_names_nobody() -> None:
    text = (
        "2026-03-03 14:50:04.022 UTC [1] LOG:  database system is ready to accept connections\n"
        '2026-03-03 14:50:14.118 UTC [77] FATAL:  role "root" does not exist\n'
    )
    assert (of(text).verdict, of(text).causes) == ("healthy", ())
    client = 'psql: error: FATAL:  role "root" does not exist\n'
    assert [cause.finding.page for cause in of(client).causes] == ["database-login-refused"]


def test_a_plan_without_differences_is_none() -> None:
    assert of("could not detect any differences between your configuration and\n").verdict == "healthy"


def test_what_a_server_started_in_spite_of_is_no_failure_in_an_excerpt_of_compose() -> None:
    refused = (
        "kafka-1  | [2026-03-03 04:23:40,001] WARN Session 0x0 for server zookeeper/172.18.0.2:2181, "
        "Closing socket connection. (org.apache.zookeeper.ClientCnxn)\n"
        "kafka-1  | java.net.ConnectException: Connection refused\n"
    )
    started = (
        "kafka-1  | [2026-03-03 04:24:00,141] INFO [KafkaServer id=1] started (kafka.server.KafkaServer)\n"
    )
    assert (of(refused + started).verdict, of(refused + started).causes) == ("healthy", ())
    assert [cause.finding.page for cause in of(refused).causes] == ["connection-refused"]


def test_postgresql_tells_what_a_migration_tool_asked_for_first() -> None:
    asked = (
        'db-1   | 2026-03-03 11:47:00.031 UTC [63] ERROR:  relation "schema_migrations" does not exist\n'
        'db-1   | 2026-03-03 11:47:00.031 UTC [63] STATEMENT:  SELECT "version" FROM "schema_migrations"\n'
    )
    assert (
        of(asked + "web-1  | == 20080729160237 CreateUsers: migrated (0.0122s) ====\n").verdict == "healthy"
    )
    assert of(asked.replace("schema_migrations", "days")).causes


def test_a_dyno_of_heroku_that_idled_and_woke() -> None:
    text = (
        "2026-03-03T09:52:04.431350+00:00 heroku[web.1]: Process exited with status 143\n"
        "2026-03-03T17:43:38.100001+00:00 heroku[web.1]: State changed from starting to up\n"
    )
    assert of(text).verdict == "healthy"
    assert of(text.replace("to up", "to crashed")).verdict != "healthy"


def test_mysql_notes_whom_it_turned_away() -> None:
    denied = "Access denied for user 'root'@'localhost' (using password: NO)\n"
    note = f"2026-03-03T07:43:32.451153Z 4 [Note] {denied}"
    assert (of(note).verdict, of(note).causes) == ("healthy", ())
    client = f"ERROR 1045 (28000): {denied}"
    assert [cause.finding.page for cause in of(client).causes] == ["database-password-missing"]
