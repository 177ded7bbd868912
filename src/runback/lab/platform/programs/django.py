"""Django under gunicorn: what it writes is what the recordings of the real programs hold.

Recordings: gunicorn 23.0.0, Django 5.2.8, requests 2.32 and urllib3 2.5 (tools/record.py,
recordings/index.yml).
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from runback.lab.platform.behaviour import MissingModule, NeededService, NeededVariable
from runback.lab.platform.programs.program import Program, Reply, Run
from runback.lab.platform.programs.recorded import DJANGO_ZONE, lines, play, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runback.lab.platform.behaviour import Connection
    from runback.lab.platform.network import Address

_BOOT = "gunicorn-boot"
_BARE = "tdp-clamav-nginx-dev.apps.internal:9000/scan"  # in gunicorn-scan-no-scheme
_FAILED_BOOT = 3  # gunicorn, arbiter.py: WORKER_BOOT_ERROR
_SCAN = {
    "refused": "gunicorn-scan-refused",
    "unresolved": "gunicorn-scan-unresolved",
    "timeout": "gunicorn-scan-timeout",
}
# 0, 2, 4, 8 and 16 seconds between the tries, each of which a time-out makes 30 seconds longer
_SERVER_ERROR = Reply(500, 145, 0.047)  # Django 5.2, views/defaults.py: ERROR_PAGE_TEMPLATE filled in
_FAILED_SECONDS = {"failed": 0.031, "refused": 30.01, "unresolved": 30.01, "timeout": 210.2}


# form → the recording, and of it the line of code, where it stands, and what the exception says
_MALFORMED = {
    "integer": (
        "not-an-integer",
        'AV_SCAN_TIMEOUT = int(os.environ.get("AV_SCAN_TIMEOUT", "30"))',
        'portal/settings.py", line 18',
        "invalid literal for int() with base 10: ''",
    ),
    "json": (
        "not-json",
        'PARTNERS = json.loads(os.environ["PARTNERS"])',
        'portal/settings.py", line 76',
        "Expecting value: line 1 column 2 (char 1)",
    ),
    "pem": (
        "not-pem",
        'JWT_CERT = load_pem_x509_certificate(os.environ["JWT_CERT"].encode())',
        'portal/settings.py", line 75',
        "Unable to load PEM file. See https://cryptography.io/en/latest/faq/#why-can-t-i-import-my-pem-file "
        "for more details. InvalidData(InvalidByte(0, 92))",
    ),
}


class Django(Program):
    recorded = "gunicorn"  # what its recordings' names begin with
    missing_variable = "gunicorn-missing-variable"
    missing_service = "gunicorn-missing-binding"
    failed_boot = _FAILED_BOOT
    loads_middleware = True

    def ready(self, run: Run) -> None:
        """Write what a good boot writes."""
        play(run, _BOOT, replace={"0.0.0.0:8080": f"0.0.0.0:{run.desired.behaviour.listens}"})

    def boot(self, run: Run) -> int | None:
        behaviour = run.desired.behaviour
        if behaviour.crash is not None:
            if behaviour.crash.recording:
                play(run, behaviour.crash.recording)
            else:
                self.ready(run)
                run.write("\n".join(behaviour.crash.lines), "ERR", after=behaviour.crash.after * 0.9)
            return behaviour.crash.exit_status
        missing = run.missing()
        if isinstance(missing, NeededVariable):
            play(run, self.missing_variable, replace=_variable(missing))
            return self.failed_boot
        if isinstance(missing, NeededService):
            play(run, self.missing_service, replace=_service(run, missing))
            return self.failed_boot
        named = run.desired.environment.get("DJANGO_SETTINGS_MODULE", "")
        if named and behaviour.modules and named not in behaviour.modules:
            play(run, f"{self.recorded}-settings-missing", replace={"'portal.setting'": f"'{named}'"})
            return self.failed_boot
        broken = run.malformed()
        if broken is not None:
            play(run, f"{self.recorded}-{_MALFORMED[broken[0].form][0]}", replace=_malformed(*broken))
            return self.failed_boot
        module = behaviour.missing_module
        if module is not None and self.loads_middleware:
            play(run, "gunicorn-missing-module", replace=_module(module))
            return self.failed_boot
        self.ready(run)
        for line in behaviour.noise:
            self.log(run, line)
        return None

    def stopped(self, run: Run) -> int:
        play(run, "gunicorn-stop")
        return 0

    def killed(self, run: Run) -> None:
        # gunicorn 23.0.0, arbiter.py, reap_workers
        moment = stamp(run.world.clock.now(), UTC, millis=False)
        master, worker = (line.text.split("] [")[1] for line in (lines(_BOOT)[0], lines(_BOOT)[-1]))
        text = f"Worker (pid:{worker}) was sent SIGKILL! Perhaps out of memory?"
        run.write(f"{moment}] [{master}] [ERROR] {text}", "ERR")

    def serve(self, run: Run, method: str, path: str) -> Reply:
        answer = run.desired.behaviour.answer(method, path)
        if any(self._fails(run, method, name) for name in answer.uses):
            return _SERVER_ERROR
        if not answer.to:
            return Reply(answer.status, answer.size, 0.021, b"{}", "application/json")
        scanned = self.scan(run, run.desired.behaviour.connection(answer.to))
        if scanned != "clean":
            return Reply(502, 45, _FAILED_SECONDS[scanned])
        if any(self._fails(run, method, name) for name in answer.then):
            return _SERVER_ERROR
        return Reply(answer.status, answer.size, 0.094)

    def _fails(self, run: Run, method: str, name: str) -> bool:
        """Whether a request fails at a bound service, and what it writes then."""
        bound = run.trouble(name)
        if bound is None:
            return False
        recording = bound.trouble.reading if method == "GET" else bound.trouble.writing
        if not recording:
            return False
        play(run, recording, replace=_service_texts(bound.credentials, bound.column))
        return True

    def call(self, run: Run, connection: Connection) -> None:
        self.scan(run, connection)

    def scan(self, run: Run, connection: Connection) -> str:
        """Have a file scanned, and log it as the project's code does: 'clean', or how it failed."""
        network = run.world.network
        url = network.url(connection, run.process)
        if not url.startswith(("http://", "https://")):
            refused = "gunicorn-scan-no-scheme" if ":" in url else "gunicorn-scan-no-address"
            play(run, refused, replace={f"'{_BARE}'": f"'{url}'", "Invalid URL ''": f"Invalid URL '{url}'"})
            return "failed"
        address = network.address(connection, run.process)
        if address is None:
            return "clean"
        connected = network.connect(run.app, address)
        replace = _scan_texts(address)
        if connected.result in _SCAN:
            play(run, _SCAN[connected.result], replace=replace)
            return connected.result
        if connected.backend is None:
            return "clean"
        reply = run.world.traffic.serve(connected.backend, "POST", address.path)
        clean = reply.status == 200
        replace["HTTP 502"] = f"HTTP {reply.status}"
        play(run, "gunicorn-scan-clean" if clean else "gunicorn-scan-bad-gateway", replace=replace)
        return "clean" if clean else "failed"

    def log(self, run: Run, text: str) -> None:
        """One line in the form of the project's logging settings; `text` starts with the level."""
        run.write(f"{stamp(run.world.clock.now(), DJANGO_ZONE, millis=True)} {text}", "ERR")


def _variable(needed: NeededVariable) -> dict[str, str]:
    """What of the recording (JWT_KEY, settings.py line 10) to replace for another variable."""
    file, _, line = needed.at.rpartition(":")
    code = needed.code or f'{needed.name} = os.environ["{needed.name}"]'
    recorded = '    JWT_KEY = os.environ["JWT_KEY"]'
    marks = "              ~~~~~~~~~~^^^^^^^^^^^"
    start = code.index("os.environ")
    new_marks = " " * (4 + start) + "~" * len("os.environ") + "^" * (len(code) - start - len("os.environ"))
    return {
        recorded: f"    {code}",
        marks: new_marks,
        'portal/settings.py", line 10': f'{file or "portal/settings.py"}", line {line or 10}',
        "'JWT_KEY'": f"'{needed.name}'",
    }


def _malformed(needed: NeededVariable, complaint: str) -> dict[str, str]:
    _, code, place, said = _MALFORMED[needed.form]
    file, _, line = needed.at.rpartition(":")
    start, end = code.index(" = ") + 3, needed.code.index(" = ") + 3
    marks, new_marks = "^" * (len(code) - start), "^" * (len(needed.code) - end)
    return {
        f"    {code}": f"    {needed.code}",
        f"    {' ' * start}{marks}": f"    {' ' * end}{new_marks}",
        place: f'{file or "portal/settings.py"}", line {line}',
        said: complaint,
    }


def _module(missing: MissingModule) -> dict[str, str]:
    """What of the recording (structlog, imported in request_ids.py line 4) to replace for another module."""
    file, _, line = missing.at.rpartition(":")
    return {
        'portal/request_ids.py", line 4': f'{file}", line {line}',
        "    import structlog": f"    {missing.code}",
        "'structlog'": f"'{missing.name}'",
    }


def _service(run: Run, needed: NeededService) -> dict[str, str]:
    """What of the recording (no aws-rds at all, settings.py line 32) to replace for another service."""
    file, _, line = needed.at.rpartition(":")
    code = needed.code or '_db = service("aws-rds", f"tdp-db-{SUFFIX}")'
    replace = {
        '    _db = service("aws-rds", f"tdp-db-{SUFFIX}")': f"    {code}",
        "          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^": _underline(code),
        'portal/settings.py", line 32': f'{file or "portal/settings.py"}", line {line or 32}',
    }
    if run.desired.services.get(needed.offering):
        # one of the kind is bound, but not this one: next() finds nothing and says so without a message
        replace["KeyError: 'aws-rds'"] = "StopIteration"
        replace["                           ~~~~~~~~^^^^^^"] = (
            "           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
        )
    else:
        replace["KeyError: 'aws-rds'"] = f"KeyError: '{needed.offering}'"
    return replace


def _underline(code: str) -> str:
    start = code.index("service(")
    return " " * (4 + start) + "^" * (code.rindex(")") + 1 - start)


def _service_texts(credentials: Mapping[str, object], column: str) -> dict[str, str]:
    """What of the recordings of tools/recorder/services.py to replace for a bound service."""
    host, user = str(credentials.get("host", "")), credentials.get("username", "")
    recorded = ("cg-aws-broker-0.db.lab.example", "mail.lab.example", "es-0.search.lab.example")
    named = {'column "quarter" of relation': f'column "{column}" of relation'} if column else {}
    return {**dict.fromkeys(recorded, host), 'for user "u0"': f'for user "{user}"', **named}


def _scan_texts(address: Address) -> dict[str, str]:
    where = f"http://{address.host}:{address.port}{address.path}"
    return {
        "http://tdp-clamav-nginx-dev.apps.internal:9000/scan": where,
        "host='127.0.0.1', port=53671": f"host='{address.host}', port={address.port}",
        "host='tdp-clamav-nginx-dev.apps.internal', port=9000": f"host='{address.host}', port={address.port}",
        "resolve 'tdp-clamav-nginx-dev.apps.internal'": f"resolve '{address.host}'",
        "to tdp-clamav-nginx-dev.apps.internal timed out": f"to {address.host} timed out",
        "/scan (Caused": f"{address.path} (Caused",
    }
