"""The checks of the build-and-test workflow: git-secrets, truffleHog, flake8, pytest, pip."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

from recorder.stage import CI_PYTHON, RECORDINGS, REFERENCE, Stage

# What the test job's environment sets: as in .circleci/config.yml.
TEST_ENVIRON = {
    "DJANGO_SECRET_KEY": "not-a-secret",
    "JWT_KEY": "not-a-key",
    "BASE_URL": "http://localhost:8080/v1",
    "FRONTEND_BASE_URL": "http://localhost:3000",
    "VCAP_APPLICATION": '{"space_name": "tanf-dev"}',
    "VCAP_SERVICES": (
        '{"aws-rds": [{"name": "tdp-db-dev", "credentials": {"db_name": "t", "username": "t",'
        ' "password": "t", "host": "localhost", "port": 5432}}],'
        ' "s3": [{"name": "tdp-datafiles-dev", "credentials": {}},'
        ' {"name": "tdp-staticfiles-dev", "credentials": {}}],'
        ' "aws-elasticache-redis": [{"name": "tdp-redis-dev", "credentials": {"uri": "redis://localhost:6379"}}]}'
    ),
}


def record(stage: Stage) -> None:
    _git_secrets(stage)
    _trufflehog(stage)
    _python_checks(stage)


def _git_secrets(stage: Stage) -> None:
    package, version = stage.debian("git-secrets")
    environ = stage.environ(None, package / "usr/bin")
    command = "git secrets --scan"
    for name, commit, shows in (
        ("git-secrets-hit", "export-script", "an AWS access key id in scripts/export-datafiles.sh, line 4"),
        ("git-secrets-clean", None, "a scan that finds nothing prints nothing"),
    ):
        stage.lay_checkout(commit)
        stage.run("git secrets --register-aws", stage.checkout, environ)
        output, code = stage.run(command, stage.checkout, environ)
        stage.keep(
            name, output, tool="git-secrets", version=version, command=command, exit_code=code, shows=shows
        )


def _trufflehog(stage: Stage) -> None:
    version = "2.2.1"
    programs = stage.python("/home/circleci/trufflehog", f"truffleHog=={version}")
    command = "trufflehog --regex --entropy=False file://$PWD"
    for name, commit, shows in (
        ("trufflehog-hit", "export-script", "the same key in the history, in colours"),
        ("trufflehog-private-key", "partner-key", "a private key in scripts/send-to-partner.sh"),
        ("trufflehog-clean", None, "a scan that finds nothing prints nothing"),
    ):
        stage.lay_checkout(commit)
        output, code = stage.run(command, stage.checkout, stage.environ(None, programs))
        stage.keep(
            name, output, tool="truffleHog", version=version, command=command, exit_code=code, shows=shows
        )


def _python_checks(stage: Stage) -> None:
    backend = REFERENCE / "project/backend"
    programs = stage.python(CI_PYTHON, "-r", str(backend / "requirements-dev.txt"))
    environ = stage.environ({**TEST_ENVIRON, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}, programs)
    flake8 = _version(stage, f"{programs}/flake8 --version").split()[0]
    pytest = _version(stage, f"{programs}/pytest --version").split()[-1]
    pip = _version(stage, f"{programs}/pip --version").split()[1]
    for name, commit, tool, version, command, shows in (
        ("flake8-hit", "tidy-views", "flake8", flake8, "flake8 .", "F401 and E501 in views.py"),
        ("flake8-clean", None, "flake8", flake8, "flake8 .", "clean code prints nothing"),
        ("pytest-failed", "due-date", "pytest", pytest, "pytest", "two sides that differ by a month"),
        ("pytest-passed", None, "pytest", pytest, "pytest", "all tests pass"),
        (
            "pip-no-matching-distribution", "newer-client", "pip", pip, "pip install -q -r requirements.txt",
            "a pinned version that the index does not have",
        ),
    ):  # fmt: skip
        stage.lay_checkout(commit)
        output, code = stage.run(command, stage.checkout / "backend", environ)
        stage.keep(name, output, tool=tool, version=version, command=command, exit_code=code, shows=shows)
        if tool == "pytest":
            _keep_report(stage, name, environ)
    _flaky(stage, environ, pytest)


def _flaky(stage: Stage, environ: Mapping[str, str], version: str) -> None:
    """A test that fails with some seeds of Python's hashes: the first that fails, the first that passes."""
    stage.lay_checkout("unsure-order")
    wanted = {1: "pytest-flaky", 0: "pytest-flaky-passed"}
    for seed in range(1, 50):
        seeded = {**environ, "PYTHONHASHSEED": str(seed)}
        output, code = stage.run("pytest", stage.checkout / "backend", seeded)
        name = wanted.pop(code, None)
        if name is not None:
            stage.keep(
                name, output, tool="pytest", version=version, command="pytest", exit_code=code,
                shows="a test that depends on the order of a set",
            )  # fmt: skip
            _keep_report(stage, name, seeded)
    if wanted:
        raise SystemExit(f"{', '.join(wanted.values())}: no seed does it")


def _keep_report(stage: Stage, name: str, environ: Mapping[str, str]) -> None:
    """The test results of another run of the same tests, as a job would store them."""
    report = stage.root / "junit.xml"
    command = f"pytest -o junit_family=xunit1 --junitxml={report}"
    stage.run(command, stage.checkout / "backend", environ)
    root = ElementTree.parse(report)  # noqa: S314 - our own run wrote it
    for suite in root.iter("testsuite"):
        for machine in ("hostname", "timestamp"):
            suite.attrib.pop(machine, None)
    text = ElementTree.tostring(root.getroot(), encoding="unicode")
    (RECORDINGS / f"{name}.xml").write_text(text.replace(str(stage.root), "") + "\n", encoding="utf-8")


def _version(stage: Stage, command: str) -> str:
    return stage.run(command, stage.root, stage.environ())[0]
