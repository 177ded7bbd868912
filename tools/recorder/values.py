"""What the backend says of variables that are there, and not as they should be."""

from __future__ import annotations

from pathlib import Path

from recorder.backend import START, _backend, _post, free_port
from recorder.checks import TEST_ENVIRON
from recorder.stage import APP_PYTHON, REFERENCE, Stage

CELERY = "bash celery_start.sh"
_BARE = "tdp-clamav-nginx-dev.apps.internal:9000/scan"


def record(stage: Stage) -> None:
    requirements = REFERENCE / "commits/keys-checked/backend/requirements.txt"
    programs = stage.python(APP_PYTHON, "-r", str(requirements))
    certificate = _certificate(stage)
    good = {**TEST_ENVIRON, "JWT_CERT": certificate, "PARTNERS": "[]"}
    _boots(stage, programs, good)
    _scans(stage, programs)


def _certificate(stage: Stage) -> str:
    """A certificate that is made for the occasion; its key is thrown away."""
    made = "openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=portal.lab.example -days 9"
    return stage.call(made.split())


def _boots(stage: Stage, programs: Path, good: dict[str, str]) -> None:
    version = stage.run("gunicorn --version", stage.root, stage.environ(good, programs))[0].split()[-1]
    celery = stage.run("celery --version", stage.root, stage.environ(good, programs))[0].split()[0]
    flat = good["JWT_CERT"].replace("\n", "\\n")  # as some settings pages keep it
    for name, commit, given, shows in (
        ("not-an-integer", None, {"AV_SCAN_TIMEOUT": ""}, "AV_SCAN_TIMEOUT is empty"),
        ("not-json", "keys-checked", {"PARTNERS": "['census']"}, "PARTNERS is Python, not JSON"),
        ("not-pem", "keys-checked", {"JWT_CERT": flat}, "the line breaks of JWT_CERT are written out"),
        ("settings-missing", None, {"DJANGO_SETTINGS_MODULE": "portal.setting"}, "no module of this name"),
    ):
        stage.lay_app(commit)
        environ = stage.environ({**good, **given}, programs) | {"PORT": str(free_port())}
        output, code = stage.run(START, stage.app, environ)
        stage.keep(
            f"gunicorn-{name}", output, tool="gunicorn", version=version.rstrip(")"), command=START,
            exit_code=code, shows=shows,
        )  # fmt: skip
        output, code = stage.run(CELERY, stage.app, environ)
        stage.keep(
            f"celery-{name}", output, tool="celery", version=celery, command=CELERY, exit_code=code,
            shows=shows,
        )  # fmt: skip


def _scans(stage: Stage, programs: Path) -> None:
    stage.lay_app()
    for name, address, shows in (
        ("gunicorn-scan-no-scheme", _BARE, "the address has no scheme"),
        ("gunicorn-scan-no-address", "", "the address is empty"),
    ):
        environ = stage.environ({**TEST_ENVIRON, "AV_SCAN_URL": address}, programs)
        version = stage.run("gunicorn --version", stage.root, environ)[0].split()[-1].rstrip(")")
        with _backend(stage, environ) as (server, url):
            before = len(server.text())
            _post(url + "/v1/reports/", with_file=True)
            text = server.text()[before:]
        stage.keep(
            name, text, tool="gunicorn", version=version, command=START, exit_code=None,
            shows=f"one upload: {shows}",
        )  # fmt: skip
