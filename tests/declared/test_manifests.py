"""Manifests of other projects: several apps, anchors, files of variables, written by the script itself."""

from __future__ import annotations

import pytest

from runback.declared import Declared, Files, read
from runback.model import SourceFile

SHOP = """base: &base
  memory: 512M
  buildpacks: [python_buildpack]
  env: &env {LEVEL: info}
web: &web
  <<: *base
  health-check-type: http
applications:
- name: shop-api-((environment))
  <<: *web
  instances: ((count))
  env:
    <<: *env
    URL: https://((host)).example.gov:8443
- name: shop-worker-((environment))
  <<: [*base, *web]
  memory: 1G
"""


def said(found: tuple[Declared, ...]) -> set[str]:
    return {
        " ".join(filter(None, (one.kind, one.app.shown, one.name.shown, one.value.shown))) for one in found
    }


def pushed(command: str, **others: str) -> Files:
    body = "".join(f"          {line}\n" for line in command.splitlines())
    config = f"jobs:\n  deploy:\n    steps:\n      - run: |\n{body}"
    paths = {name: name.replace("__", "/").replace("_yml", ".yml") for name in others}
    sources = [SourceFile(path=paths[name], text=text) for name, text in others.items()]
    return read((SourceFile(path=".circleci/config.yml", text=config), *sources))


def test_anchors_within_anchors_and_a_file_of_variables() -> None:
    values = "environment: staging\ncount: 2\nhost: partner\n"
    found = pushed("cf push --vars-file vars/staging.yml", manifest_yml=SHOP, vars__staging_yml=values)
    assert said(found.called) == {
        "variable shop-api-staging LEVEL info", "variable shop-api-staging URL https://partner.example.gov:8443",
        "setting shop-api-staging memory 512M", "setting shop-api-staging instances 2",
        "setting shop-api-staging health check http", "setting shop-api-staging buildpacks python_buildpack",
        "variable shop-worker-staging LEVEL info", "setting shop-worker-staging memory 1G",
        "setting shop-worker-staging health check http",
        "setting shop-worker-staging buildpacks python_buildpack",
    }  # fmt: skip
    assert not found.unread


@pytest.mark.parametrize(
    "command",
    [
        "e=staging\ncf push shop-api-$e --vars-file=vars/$e.yml --var host=partner",
        "cf push shop-api-staging --vars-file vars/staging.yml --var=host=partner",
        'a=(--var host=partner)\na+=(--vars-file vars/staging.yml)\ncf push shop-api-staging "${a[@]}"',
    ],
)
def test_one_of_several_apps_is_pushed_by_its_whole_name(command: str) -> None:
    values = "environment: staging\ncount: 2\nhost: overridden\n"
    found = pushed(command, manifest_yml=SHOP, vars__staging_yml=values)
    assert {one.app.known for one in found.called} == {"shop-api-staging"}
    assert "variable shop-api-staging URL https://partner.example.gov:8443" in said(found.called)


def test_a_list_of_options_that_is_sometimes_longer() -> None:
    command = 'a=(--var environment=dev)\nif [ -n "$N" ]; then a+=(--var count=$N); fi\ncf push "${a[@]}"'
    found = pushed(command, manifest_yml=SHOP)
    assert {one.app.known for one in found.called} == {"shop-api-dev", "shop-worker-dev"}
    assert "setting shop-api-dev instances ${count}" in said(found.called)


def test_a_manifest_of_any_name_and_one_that_is_applied() -> None:
    assert "setting web memory 1G" in said(
        pushed("cf push -f ops/paas.yml", ops__paas_yml="applications:\n- name: web\n  memory: 1G\n").called
    )
    assert "setting web memory 1G" in said(
        pushed("cf apply-manifest -f web.yml", web_yml="applications:\n- {name: web, memory: 1G}\n").called
    )


def test_a_manifest_that_the_script_writes() -> None:
    found = pushed(
        "cat > manifest.yml <<EOF\napplications:\n- name: web-$ENVIRONMENT\n  memory: 1G\n"
        "  env: {URL: https://$HOST/x}\nEOF\ncf push"
    )
    assert said(found.called) == {
        "setting web-${ENVIRONMENT} memory 1G", "variable web-${ENVIRONMENT} URL https://${HOST}/x"
    }  # fmt: skip
    assert {(one.path, one.line) for one in found.called} == {
        (".circleci/config.yml", 8),
        (".circleci/config.yml", 9),
    }


def test_what_a_script_sets_later_counts_before_the_manifest() -> None:
    manifest = "applications:\n- name: web\n  instances: 1\n  env: {A: b}\n"
    found = pushed("cf push\ncf scale web -i 4\ncf set-env web A c", manifest_yml=manifest)
    assert said(found.called) == {"setting web instances 4", "variable web A c"}


def test_hostile_manifests_end() -> None:
    laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True):
        laughs += f"{name}: &{name} [{','.join(f'*{before}' for _ in range(9))}]\n"
    merges = "m0: &m0 {memory: 1G}\n"
    for number in range(1, 60):
        merges += f"m{number}: &m{number}\n  <<: [{', '.join([f'*m{number - 1}'] * 9)}]\n"
    itself = "applications:\n- &b\n  name: web\n  <<: *b\n  env: {A: b}\n"
    assert "variable web A b" in said(pushed("cf push", manifest_yml=itself).called)
    assert not said(pushed("cf push", manifest_yml=laughs + "applications: *k\n").called)
    deep = merges + "applications:\n- name: web\n  <<: *m59\n"
    assert said(pushed("cf push", manifest_yml=deep).called) == {"setting web memory 1G"}
