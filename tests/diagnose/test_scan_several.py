"""Several logs in one scan, and more in a log than is read."""

from __future__ import annotations

from io import BytesIO

from runback.diagnose.scan import scan
from runback.facts import SCHEMAS
from runback.model import Scan
from runback.rules import load

TRACEBACK = """Traceback (most recent call last):
  File "/home/vcap/app/portal/settings.py", line 10, in <module>
    JWT_KEY = os.environ["JWT_KEY"]
KeyError: 'JWT_KEY'
"""


def scanned(text: str) -> Scan:
    return scan([("log", BytesIO(text.encode()))], load(SCHEMAS))


def test_what_several_inputs_fail_for_alike_is_one_cause() -> None:
    other = TRACEBACK.replace("JWT_KEY", "BASE_URL")
    inputs = [("a.log", TRACEBACK), ("b.log", "first\n" + TRACEBACK), ("c.log", other)]
    result = scan([(name, BytesIO(text.encode())) for name, text in inputs], load(SCHEMAS))
    both, one = (cause.finding for cause in result.causes)
    assert [(where.source, where.line) for where in both.where] == [("a.log", 4), ("b.log", 5)]
    assert both.count == 2
    assert ([where.source for where in one.where], one.count) == (["c.log"], 1)


def test_more_blocks_than_are_read_is_said() -> None:
    red = TRACEBACK * 501 + "Exited with code exit status 1\n"
    result = scan([("red", BytesIO(red.encode()))], load(SCHEMAS))
    assert result.causes[0].finding.count == 500
    assert "Of python-exception only the first 500 places in a log were read." in result.sentence


def test_the_proxy_beside_an_app_is_killed_whenever_its_instance_stops() -> None:
    stamp = "2026-03-03T15:00:00.00+0000"
    stopped = [
        f"{stamp} [CELL/0] OUT Cell 2f1d stopping instance 6a7a",
        f"{stamp} [APP/PROC/WEB/0] OUT Exit status 143",
        f"{stamp} [PROXY/0] OUT Exit status 137",
        f"{stamp} [CELL/SSHD/0] OUT Exit status 255",
    ]
    assert scanned("\n".join(stopped)).verdict == "healthy"
    crashed = [*stopped[:1], f"{stamp} [APP/PROC/WEB/0] OUT Exit status 137", *stopped[2:]]
    assert [one.finding.page for one in scanned("\n".join(crashed)).causes] == ["exit-status"]


def test_what_sap_piper_passes_on_is_read_as_cf_said_it() -> None:
    said = [
        "[2026-03-03T14:26:59.056Z] info  cloudFoundryDeploy - Applying manifest file manifest.yml...",
        "[2026-03-03T14:27:03.730Z] info  cloudFoundryDeploy - Aborting push: File cf.log has been modified",
        "[2026-03-03T14:27:03.730Z] info  cloudFoundryDeploy - FAILED",
        "[2026-03-03T14:27:03.760Z] error cloudFoundryDeploy - command execution failed: exit status 1",
    ]
    (cause,) = scanned("\n".join(said)).causes
    assert (cause.finding.page, cause.finding.where[0].line) == ("cf-command-failed", 2)


def test_the_status_with_which_a_staging_ended_is_no_answer_of_a_server() -> None:
    ended = "Failed to compile droplet: Failed to run finalize script: exit status 1\n   Exit status 223\n"
    assert [one.finding.page for one in scanned(ended).causes] == ["buildpack-error"]


def test_a_multi_target_deploy_that_was_tried_again_ends_with_its_own_word() -> None:
    refused = "Service operation failed: Controller operation failed: 502 Bad Gateway"
    again = f"{refused}\nProceeding with automatic retry... (3 of 3 attempts left)\n"
    went = f'{again}Application "web" started and available at "web.acme.example"\nProcess finished.\n'
    stopped = f"{again}{refused}\nProcess failed.\n"
    results = [scanned(text) for text in (went, stopped)]
    assert (results[0].verdict, results[0].causes) == ("healthy", ())
    assert [cause.finding.page for cause in results[1].causes] == ["mta-process-failed"]


def test_that_nobody_could_follow_the_staging_is_not_why_it_failed() -> None:
    result = scanned(
        "timeout connecting to log server, no log will be shown\n"
        "Starting app php in org acme / space test as admin...\nWarning: error tailing logs\n"
        "Unauthorized error: You are not authorized. Error: Invalid authorization\n\n"
        "FAILED\nStagingError\n\nTIP: use 'cf logs php --recent' for more information\n"
    )
    assert result.causes[0].finding.where[0].line == 7
