"""What scripts, manifests and Terraform say should be there: read like a shell would run them, never run."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runback.declared import Declared, Files, read
from runback.model import SourceFile


def files(**texts: str) -> tuple[SourceFile, ...]:
    """Files by path; '__' stands for '/', 'config' for .circleci/config.yml."""
    paths = {"config": ".circleci/config.yml", "tf": "terraform/main.tf", "manifest": "manifest.yml"}
    return tuple(
        SourceFile(path=paths.get(name, f"{name.replace('__', '/')}.sh"), text=text)
        for name, text in texts.items()
    )


def said(found: tuple[Declared, ...]) -> list[str]:
    return [
        " ".join(filter(None, (one.kind, one.app.shown, one.name.shown, one.value.shown))) for one in found
    ]


def alone(script: str, **others: str) -> list[str]:
    return said(read(files(deploy=script, **others)).alone)


def call(script: str, command: str, **others: str) -> Files:
    """What a job of CI declares that runs `command`."""
    config = f"jobs:\n  deploy:\n    steps:\n      - run: |\n          {command}\n"
    return read(files(deploy=script, config=config, **others))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("cf set-env web KEY v", ["variable web KEY v"]),
        ("cf se web KEY v", ["variable web KEY v"]),
        ('app=web\ncf set-env "$app" KEY "${KEY}"', ["variable web KEY ${KEY}"]),
        ('cf set-env web KEY "${X:-y}"', ["variable web KEY ${X}"]),
        ('X=; cf set-env web KEY "${X:-y}"', ["variable web KEY y"]),
        ('X=z; cf set-env web KEY "${X:-y}"', ["variable web KEY z"]),
        ('e=a-b-c; cf set-env web KEY "${e%-*}${e##*-}"', ["variable web KEY a-bc"]),
        ('e=${N#web-}; cf bind-service "db-$e" "x-$e"', ["service db-${e} x-${e}"]),
        (
            'e=prod; cf set-env web KEY "${e^^}" && cf se web B ${e/pr/f}',
            ["variable web KEY PROD", "variable web B fod"],
        ),
        ('for n in a "b"; do cf bind-service web db-$n; done', ["service web db-a", "service web db-b"]),
        ('l="a b"; for n in $l; do cf bs web $n; done', ["service web a", "service web b"]),
        ("cf bs web {db,redis}-dev", ["service web db-dev"]),  # the second word is a further argument
        (
            'v=(A B)\nv+=(C)\nfor n in "${v[@]}"; do cf set-env web "$n" "${!n}"; done',
            ["variable web A ${A}", "variable web B ${B}", "variable web C ${C}"],
        ),
        (
            'export U=http://x:9; for n in U; do cf set-env web $n "${!n}"; done',
            ["variable web U http://x:9"],
        ),
        ('put() { cf set-env "$1" "$2" "$3"; }\nput web A b', ["variable web A b"]),
        ('f() { local a=$1; shift; cf bs "$a" "$@"; }; f web db', ["service web db"]),
        ('if [ "$1" = x ]; then a=web; else a=web; fi; cf bs $a db', ["service web db"]),
        ('if [ "$1" = x ]; then a=web; else a=api; fi; cf bs web-$a db', ["service web-${a} db"]),
        ('e=dev; if [ "$e" = prod ]; then cf bs web gold; else cf bs web tin; fi', ["service web tin"]),
        ("case prod-1 in prod*) cf bs web gold ;; *) cf bs web tin ;; esac", ["service web gold"]),
        ("[ -z x ] && cf bs web db", []),
        ("exit 0\ncf bs web db", []),
        ("cf bs web db\ncf unbind-service web db", []),
        ("cf map-route web example.com -n www --path v1", ["route web www.example.com/v1"]),
        ("cf map-route web apps.internal --hostname=x", ["route web x.apps.internal"]),
        ("cf add-network-policy a b", ["policy a b tcp 8080"]),
        ("cf add-network-policy a --destination-app b --protocol udp --port 1-9", ["policy a b udp 1-9"]),
        ("cf create-service aws-rds micro db -c '{}'", ["instance db aws-rds micro"]),
        ("cf cups drain -l syslog://x", ["instance drain user-provided"]),
        ("cf push web -m 1G -i 2 --no-manifest", ["setting web memory 1G", "setting web instances 2"]),
        ("sudo cf set-health-check web process", ["setting web health check process"]),
        ("cat <<EOF\ncf bs web db\nEOF\necho 'cf bs web db' # cf bs web db", []),
        ("g=$(cf app web --guid); cf bs web $g-db", ["service web ${g}-db"]),
        ("while read -r n; do cf bs web db-$n; done < list", ["service web db-${n}"]),
    ],
)
def test_a_script_declares_what_it_would_do(script: str, expected: list[str]) -> None:
    assert alone(script) == expected


def test_the_item_of_a_list_is_the_proof_not_the_loop_that_uses_it() -> None:
    script = 'names=(\n  A\n  "B"\n)\nfor n in "${names[@]}"; do\n  cf set-env web "$n" x\ndone\n'
    found = read(files(deploy=script)).alone
    assert [(one.name.known, one.path, one.line) for one in found] == [
        ("A", "deploy.sh", 2), ("B", "deploy.sh", 3)
    ]  # fmt: skip


def test_what_is_only_done_for_another_environment_is_doubtful_and_what_is_asked_first_is_not() -> None:
    script = """
if [ "$1" = prod ]; then cf bind-service web gold; fi
if cf service db; then echo there; else cf create-service rds micro db; fi
if [ -z "$KEY" ]; then cf unset-env web KEY; else cf set-env web KEY "$KEY"; fi
case "$2" in rolling) cf bs web db; cf bs web a;; *) cf bs web db;; esac
case "$space" in *-prod) cf bs web vault;; esac
if [ "$3" = staging ]; then cf bs web sand; fi
"""
    found = {one.name.shown: one.doubtful for one in read(files(deploy=script)).alone}
    assert found == {"gold": True, "db": False, "KEY": False, "a": False, "vault": True, "sand": True}


def test_arguments_come_from_the_jobs_that_call_the_script() -> None:
    config = """
parameters: {target: {type: string, default: qasp}}
commands:
  deploy:
    parameters: {environment: {type: string}, space: {type: string, default: dev}}
    steps:
      - run:
          name: Deploy
          command: |
            bash scripts/deploy.sh "$STRATEGY" "web-<< parameters.environment >>" << parameters.space >>
jobs:
  one: {steps: [{deploy: {environment: raft}}]}
  two:
    parameters: {to: {type: string}}
    environment: {HOST: example.com}
    steps:
      - checkout
      - when: {condition: x, steps: [{deploy: {environment: << parameters.to >>, space: prod}}]}
  three: {steps: [{deploy: {environment: << pipeline.parameters.target >>}}]}
workflows:
  all: {jobs: [one, {two: {to: live}}, three]}
"""
    script = 'cf bind-service "$2" "db-$3"\ncf map-route "$2" "$HOST" --hostname "$2"\n'
    found = read(files(scripts__deploy=script, config=config))
    assert [line for line in said(found.called) if line.startswith("service")] == [
        "service web-raft db-dev", "service web-live db-prod", "service web-${target} db-dev"
    ]  # fmt: skip
    assert "route web-live web-live.example.com" in said(found.called)
    (three,) = {one.app for one in found.called if one.app.known is None}
    assert three.likely == "web-qasp"


def test_a_push_takes_its_manifest_under_the_name_that_it_is_pushed_with() -> None:
    manifest = """applications:
- name: placeholder
  memory: 512M
  instances: ((count))
  env: {A: b, URL: "https://((host)):8443/x"}
  services: [db, {name: redis}]
  routes: [{route: www.example.com}]
  buildpacks: [a_buildpack, b_buildpack]
  processes: [{type: worker, memory: 1G}]
  sidecars: [{name: proxy}]
"""
    found = call(
        'cd "$(dirname "$0")" || exit 1\ncf push "$1" --var host=h -m 1G',
        "bash deploy.sh web",
        manifest=manifest,
    )
    assert said(found.called) == [
        "variable web A b", "variable web URL https://h:8443/x", "service web db", "service web redis",
        "route web www.example.com", "setting web instances ${count}", "setting web worker memory 1G",
        "setting web buildpacks a_buildpack, b_buildpack", "setting web sidecars proxy",
        "setting web memory 1G",
    ]  # fmt: skip
    assert {(one.name.known, one.line) for one in found.called if one.path == "manifest.yml"} >= {
        ("instances", 4), ("A", 5), ("db", 6)
    }  # fmt: skip
    assert (
        found.alone
        == read(
            files(deploy='cd "$(dirname "$0")" || exit 1\ncf push "$1" --var host=h -m 1G', manifest=manifest)
        ).alone
    )


def test_scripts_call_scripts_and_hand_on_what_they_export() -> None:
    found = call(
        '. ./names.sh\nexport APP\nbash sub/bind.sh db', "APP=no bash deploy.sh",
        names="APP=web", sub__bind='cf bind-service "$APP" "$1"',
    )  # fmt: skip
    assert said(found.called) == ["service web db"]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ('resource "cloudfoundry_app" "a" {\n  name = "web-${var.e}"\n  environment = { A = "b" }\n'
         '  service_binding { service_instance = cloudfoundry_service_instance.db.id }\n  memory = 512\n}',
         ["variable web-${e} A b", "service web-${e} db-dev", "setting web-${e} memory 512"]),
        ('resource "cloudfoundry_app" "a" {\n  name = "web"\n'
         '  service_bindings = [{ service_instance = "redis" }]\n  routes = [{ route = "x.example.com" }]\n}',
         ["service web redis", "route web x.example.com"]),
        ('resource "cloudfoundry_network_policy" "p" {\n policy {\n  source_app = cloudfoundry_app.w.id\n'
         '  destination_app = data.cloudfoundry_app.scan.id\n  port = "9000"\n }\n}\n'
         'data "cloudfoundry_app" "scan" { name_or_id = "x"\n name = "clamav" }',
         ["policy worker clamav tcp 9000"]),
        ('resource "cloudfoundry_user_provided_service" "u" { name = "drain" }',
         ["instance drain user-provided"]),
    ],
)  # fmt: skip
def test_terraform_resources_of_both_providers(resource: str, expected: list[str]) -> None:
    ground = """
variable "e" { default = "dev" }
locals { suffix = "dev" }
data "cloudfoundry_service" "rds" { name = "aws-rds" }
resource "cloudfoundry_service_instance" "db" {
  name = "db-${local.suffix}"
  service_plan = data.cloudfoundry_service.rds.service_plans["micro"]
}
resource "cloudfoundry_app" "w" { name = "worker" }
"""
    found = said(read(files(tf=ground + resource)).alone)
    assert found == ["instance db-dev aws-rds micro", *expected]


def test_what_cannot_be_resolved_is_said() -> None:
    script = 'cf bind-service web "$DB"\n$TOOL cf push\neval "$X"\ncf set-env web A b\nif then'
    found = call(script, "bash deploy.sh")
    assert said(found.called) == ["variable web A b"]
    reasons = {(one.line, one.reason) for one in found.unread}
    assert (1, "which service ${DB} is, of cf bind-service") in reasons
    assert (2, "which command ${TOOL} is") in reasons
    assert (3, "what eval runs") in reasons
    assert any("not bash" in reason for _, reason in reasons)


# --- hostile --------------------------------------------------------------------------------------

HOSTILE = {
    "lists": "a=(" * 20_000,
    "closed lists": ("a=(" * 150 + ")" * 150) * 60,
    "doubled": "a=(x)\n" + 'a+=("${a[@]}")\n' * 500,
    "loops": "for a in {1..9} 1 2 3 4 5 6 7 8 9; do\n" * 20 + "cf bs a b\n" + "done\n" * 20,
    "recursion": "f() { f; f; cf bs a b; }\nf\n",
    "itself": "bash deploy.sh; . ./deploy.sh\ncf push\n",
    "branches": 'if [ "$a" = 1 ]; then b=$b$b; fi\n' * 3000 + "cf bs a b\n",
    "long": "a=xxxxxxxxxxxxxxxx\n" + 'a="$a$a"\n' * 200 + 'cf set-env web A "$a"\n',
    "patterns": "a=" + "a" * 4000 + "\n" + "b=${a%%*a*a*a*b}\n" * 500 + "cf bs a b",
    "substitutions": "cf bs a " + '"$(b ' * 150 + "x",
    "indirect": "a=a; cf bs a ${!a}${a:-${a:-${a:-x}}}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_script_ends(name: str) -> None:
    began = time.process_time()
    read(files(deploy=HOSTILE[name] + "\ncf push\n"))
    assert time.process_time() - began < 20  # minutes, or never, without the bounds


def test_nothing_of_a_script_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "touched"
    read(files(deploy=f'cf bs web "$(touch {mark})" `touch {mark}`\ntouch {mark}\neval "touch {mark}"\n'))
    assert not mark.exists()


WORDS = "cf |bind-service |set-env |web |$1 |a=b|a=(|; |if |then |fi\n|for x in |do |done\n|${a|#|%%|[ |&& "
WORDS += "|case a in |esac\n|f() { |$(|`|'|\"|\\|<<E\n|E\n|{a,b}|é|!|local |shift\n|exit\n|\n|)|}|]|\0"
PIECES = st.sampled_from([*WORDS.split("|"), '"$a" ', "|| "])


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_any_text_is_read_to_an_end(text: str) -> None:
    found = read(
        files(
            deploy=text + "\ncf ", config=text, tf='resource "cloudfoundry_app" "a" {' + text, manifest=text
        )
    )
    for one in (*found.called, *found.alone):
        assert one.line >= 1
        assert one.name.fitted(one.name.likely or "x") is not None or one.name.known is None


@given(st.lists(st.sampled_from(["a", "b", "-", "ab"]), max_size=6), st.text("ab-", max_size=12))
def test_a_text_with_holes_fits_like_the_regular_expression_it_stands_for(
    parts: list[str], name: str
) -> None:
    import re

    from runback.declared.text import Text, hole, joined, literal

    text = joined(literal(part) if index % 2 else hole(f"h{index}") for index, part in enumerate(parts))
    pattern = "".join(re.escape(part) if isinstance(part, str) else ".+" for part in text.parts)
    assert isinstance(text, Text)
    assert text.matches(name) == (re.fullmatch(pattern, name, re.DOTALL) is not None)


def test_a_configuration_in_parts_is_read_as_one() -> None:
    """As a setup workflow puts it together: each part without the key that its file is named after."""
    texts = {
        ".circleci/config.yml": "setup: true\njobs: {setup: {steps: [checkout]}}\n",
        ".circleci/deployment/jobs.yml": "deploy-dev:\n  parameters: {to: {type: string}}\n  steps:\n"
        "    - deploy: {app: web-<< parameters.to >>}\n",
        ".circleci/deployment/commands.yml": "deploy:\n  parameters: {app: {type: string}}\n  steps:\n"
        "    - run: bash deploy.sh << parameters.app >> tanf-dev\n",
        ".circleci/deployment/workflows.yml": "deployment:\n  jobs: [deploy-dev: {to: qasp}]\n",
        "deploy.sh": "strip() {\n  # strip TEXT PREFIX\n  printf '%s\\n' \"${1##$2}\"\n}\n"
        'env=$(strip "$2" "tanf-")\ncf bind-service "$1" "db-$env"\n',
    }
    found = read(tuple(SourceFile(path=path, text=text) for path, text in texts.items()))
    assert said(found.called) == ["service web-qasp db-dev"]
    assert found.called[0].path == "deploy.sh"
    assert found.unread == ()
