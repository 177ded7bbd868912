"""What Django says where the schema of the database and the migrations of the code are of different ages."""

from __future__ import annotations

from recorder.backend import START, _backend, _post, _scanner
from recorder.services import DATABASE, _environ, _postgres
from recorder.stage import APP_PYTHON, REFERENCE, Stage

MIGRATE = "python manage.py migrate"


def record(stage: Stage) -> None:
    requirements = REFERENCE / "commits/reports-kept/backend/requirements.txt"
    programs = stage.python(APP_PYTHON, "-r", str(requirements))
    with _postgres(stage) as port, _scanner(200) as scanner:
        for text in ("create role u0 login password 'right'", "create database cgawsbroker0 owner u0"):
            stage.call(["psql", "-qh", "127.0.0.1", "-p", str(port), "-U", "postgres", "-c", text])
        environ = _environ(stage, programs, port=port, password="right")  # noqa: S106 - lives a minute
        environ |= {"AV_SCAN_URL": f"http://{scanner}/scan"}
        django = stage.run("python -m django --version", stage.root, environ)[0].strip()

        def migrate(name: str, commit: str, shows: str) -> None:
            stage.lay_app(commit)
            output, code = stage.run(MIGRATE, stage.app, environ)
            stage.keep(
                name, output, tool="django", version=django, command=MIGRATE, exit_code=code, shows=shows
            )

        migrate("migrate-done", "reports-kept", "both migrations of a new database")
        migrate("migrate-nothing", "reports-kept", "nothing is left to do")
        migrate("migrate-inconsistent", "reports-by-office", "one before the last was never run")
        _newer(stage, environ, port)


def _newer(stage: Stage, environ: dict[str, str], port: int) -> None:
    """The release of before meets a column that must be filled."""
    stage.lay_app("reports-first")
    version = stage.run("gunicorn --version", stage.root, environ)[0].split()[-1].rstrip(")")
    with _backend(stage, environ) as (server, url):
        before = len(server.text())
        _post(url + "/v1/reports/", with_file=True)
        text = server.text()[before:]
    start = text.index("Internal Server Error")
    text = "[" + text[:start].rpartition("[")[2] + text[start:]
    stage.keep(
        "gunicorn-database-newer-upload", text, tool="gunicorn", version=version, command=START,
        exit_code=None, names={f'server at "127.0.0.1", port {port}': f'server at "{DATABASE}", port 5432'},
        shows="one upload: the database has a column that this release does not know",
    )  # fmt: skip
