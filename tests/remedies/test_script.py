"""What a deploy script asks for, read from real bash."""

from __future__ import annotations

import pytest

from runback.model import SourceFile
from runback.remedies.running import failures
from runback.remedies.script import calls_of, placeholder, read

TEXT = """#!/bin/bash
# Usage: deploy.sh STRATEGY BACKEND SPACE
strategy=${1}
backend="$2"
space=$3
worker="${backend/backend/worker}"
export BASE_URL="https://$backend.example.org"
needed=(SECRET_KEY BASE_URL)
give() {
  app=$1
  for name in "${needed[@]}"; do
    if [ -z "${!name}" ]; then cf unset-env "$app" "$name"; else cf set-env "$app" "$name" "${!name}"; fi
  done
}
if [ "$strategy" = rebuild ]; then
  cf delete "$backend" -r -f && cf delete -f "$worker"
fi
cf push "$backend" --var host=$CF_DOMAIN --var tag=${TAG:-latest}
give "$backend"
"""


def test_arguments_variables_and_apps() -> None:
    script = read(SourceFile(path="scripts/deploy.sh", text=TEXT))
    assert script.arguments == ("strategy", "backend", "space")
    assert script.knows_strategy
    needs = script.called(("rebuild", "shop-backend-dev", "dev"), {})
    assert needs.deletes == ("shop-backend-dev", "shop-worker-dev")
    assert set(needs.variables) == {"SECRET_KEY", "BASE_URL", "CF_DOMAIN", "TAG"}
    assert needs.own == {"BASE_URL"}
    assert needs.optional == {"TAG"}
    assert script.called(("rolling", "shop-backend-dev", "dev"), {}).deletes == ()


def test_what_a_hostile_script_computes_deletes_nothing() -> None:
    text = 'rebuild() { cf delete "$(cat /etc/passwd)" -f; }\nrebuild\ncf delete `id` -f\n'
    text += 'cf delete "$1$RANDOM"\n'
    script = read(SourceFile(path="deploy.sh", text=text))
    assert script.called(("prod",), {}).deletes == ()


def test_how_ci_calls_it() -> None:
    commands = [
        'cf login\nbash scripts/deploy.sh "$STRATEGY" \\\n  shop-backend-dev dev\n',
        "# bash scripts/deploy.sh not this one",
        "./scripts/deploy.sh rolling 'shop backend' dev && echo done",
    ]
    assert calls_of("scripts/deploy.sh", commands) == [
        ("$STRATEGY", "shop-backend-dev", "dev"),
        ("rolling", "shop backend", "dev", "&&", "echo", "done"),
    ]


@pytest.mark.parametrize(
    "value",
    ["", ".......", "xxxx", "<your key>", "CHANGE_ME", "changeme", "todo", "${JWT_KEY}",
     "yourname@example.org", "your-secret-key", "{{ jwt }}", "REPLACE-ME", "***", "insert key here"],
)  # fmt: skip
def test_placeholders(value: str) -> None:
    assert placeholder(value)


@pytest.mark.parametrize(
    "value",
    ["no", "0", "DEBUG", "maya@lab.example", "https://sso.example/x", "hunter2", "yours truly.", "nonesuch"],
)
def test_values_that_are_none(value: str) -> None:
    assert not placeholder(value)


def test_a_command_that_failed_and_then_succeeded_did_not_fail() -> None:
    said = """\
Setting env variable 'KEY' for app shop in org o / space s as u...
Service broker error
FAILED
Binding service db to app shop in org o / space s as u...
The service is busy
FAILED
Binding service db to app shop in org o / space s as u...
OK
"""
    assert list(failures(said)) == ["cf set-env shop KEY: FAILED, Service broker error"]
