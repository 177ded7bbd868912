"""Terraform over the lab's project, with a state in S3: a bucket on loopback answers, refuses, or is locked.

Needs the terraform program on PATH; no provider but the built-in one is used.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from recorder.stage import Stage

BUCKET, KEY = "cg-terraform-lab", "terraform.tfstate.dev"
ENDPOINT = "s3.lab.example"  # what the loopback address stands for
LOCK = {
    "ID": "6d2f1c1e-2f2b-0b7e-4c3a-0d3a5f1f7d11",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "circleci@9f1c0e7c1d5b",
    "Version": "1.11.4",
    "Created": "2026-03-02T18:12:44.1Z",
    "Path": f"{BUCKET}/{KEY}",
}
_EMPTY = b'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'
_INIT = (
    "terraform init -input=false -backend-config=bucket={bucket} -backend-config=key={key}"
    " -backend-config=region=us-gov-west-1 -backend-config=use_lockfile=true"
    " -backend-config=use_path_style=true -backend-config=skip_credentials_validation=true"
    " -backend-config=skip_requesting_account_id=true -backend-config=skip_region_validation=true"
    " -backend-config=skip_s3_checksum=true -backend-config='endpoints={{s3=\"{url}\"}}'"
)
INIT = "terraform init -input=false"
APPLY = "terraform apply -input=false -auto-approve -var space=tanf-dev"


def record(stage: Stage) -> None:
    stage.lay_checkout()
    version = stage.run("terraform version -json", stage.checkout, stage.environ())[0]
    number = str(json.loads(version)["terraform_version"])
    for mode, name, command, shows in (
        ("ok", "terraform-init", INIT, "the backend is configured"),
        ("ok", "terraform-apply", APPLY, "nothing has to be changed"),
        ("denied", "terraform-backend-denied", INIT, "the key may not read the state any more"),
        ("locked", "terraform-state-locked", APPLY, "another job holds the lock of the state"),
    ):
        with _bucket(mode) as url:
            output, code = _run(stage, command, url)
            stage.keep(
                name, output, tool="terraform", version=number, command=command, exit_code=code, shows=shows,
                names={url.removeprefix("http://"): ENDPOINT},
            )  # fmt: skip


def _run(stage: Stage, command: str, url: str) -> tuple[str, int]:
    environ = stage.environ(
        {
            "AWS_ACCESS_KEY_ID": "FAKEKEYID",
            "AWS_SECRET_ACCESS_KEY": "fake-secret",
            "AWS_EC2_METADATA_DISABLED": "true",
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": "/dev/null",
            "TF_IN_AUTOMATION": "1",
        }
    )
    folder = stage.checkout / "terraform"
    stage.run("rm -rf .terraform .terraform.lock.hcl", folder, environ)
    begun = stage.run(_INIT.format(bucket=BUCKET, key=KEY, url=url), folder, environ)
    if command == INIT:
        return begun
    if command == APPLY:
        stage.run(APPLY, folder, environ)  # what the job of the day before did
    return stage.run(command, folder, environ)


@contextmanager
def _bucket(mode: str) -> Iterator[str]:
    """The URL of a bucket that answers ('ok'), refuses everything ('denied'), or whose lock is held."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Bucket)
    objects: dict[str, bytes] = {}
    if mode == "locked":
        objects[f"/{BUCKET}/{KEY}.tflock"] = json.dumps(LOCK).encode()
    _Bucket.objects, _Bucket.denied = objects, mode == "denied"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Bucket(http.server.BaseHTTPRequestHandler):
    """As much of S3 as the backend asks for, in S3's own words."""

    objects: dict[str, bytes] = {}  # noqa: RUF012 - set anew for each bucket
    denied = False

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if "list-type" in query:  # the workspaces
            self._send(200, _EMPTY)
        elif self.denied:
            self._refuse(403, "AccessDenied", "Access Denied")
        elif path in self.objects:
            self._send(200, self.objects[path])
        else:
            self._refuse(404, "NoSuchKey", "The specified key does not exist.")

    do_HEAD = do_GET

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if self.denied:
            self._refuse(403, "AccessDenied", "Access Denied")
        elif self.headers.get("If-None-Match") == "*" and path in self.objects:
            told = "At least one of the pre-conditions you specified did not hold"
            self._refuse(412, "PreconditionFailed", told)
        else:
            self.objects[path] = body
            self._send(200, b"")

    def do_DELETE(self) -> None:
        self.objects.pop(self.path.partition("?")[0], None)
        self._send(204, b"")

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._send(status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("x-amz-request-id", "4442587FB7D0A2F9")
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: only Terraform's own output is kept."""
