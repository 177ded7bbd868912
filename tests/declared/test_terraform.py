"""Terraform of other projects: for_each, dynamic blocks, modules, functions, broken files."""

from __future__ import annotations

import time

import pytest

from runback.declared import Declared, Files, read
from runback.model import SourceFile


def planned(text: str, **others: str) -> Files:
    paths = {name: name.replace("__", "/") + ".tf" for name in others}
    sources = [SourceFile(path=paths[name], text=others[name]) for name in others]
    return read((SourceFile(path="terraform/main.tf", text=text), *sources))


def said(found: tuple[Declared, ...]) -> list[str]:
    return [
        " ".join(filter(None, (one.kind, one.app.shown, one.name.shown, one.value.shown))) for one in found
    ]


def test_for_each_makes_an_app_of_each_item() -> None:
    found = planned("""
locals {
  env    = "staging"
  apps   = { api = { memory = 512 }, worker = { memory = 256 } }
  common = { LEVEL = "info" }
}
resource "cloudfoundry_app" "each" {
  for_each    = local.apps
  name        = "shop-${each.key}-${local.env}"
  memory      = each.value.memory
  environment = merge(local.common, { URL = "https://api.${var.domain}:8443" })
  dynamic "service_binding" {
    for_each = toset(["db", "redis"])
    content { service_instance = "shop-${service_binding.value}" }
  }
}
resource "cloudfoundry_network_policy" "p" {
  policy {
    source_app      = cloudfoundry_app.each["api"].id
    destination_app = cloudfoundry_app.each["worker"].id
    port            = "9000"
  }
}
""")
    api = [line for line in said(found.alone) if "shop-api-staging" in line]
    assert api == [
        "variable shop-api-staging LEVEL info",
        "variable shop-api-staging URL https://api.${domain}:8443",
        "service shop-api-staging shop-db",
        "service shop-api-staging shop-redis",
        "setting shop-api-staging memory 512",
        "policy shop-api-staging shop-worker-staging tcp 9000",
    ]
    assert "setting shop-worker-staging memory 256" in said(found.alone)
    assert not any(one.doubtful for one in found.alone)
    level = next(one for one in found.alone if one.name.known == "LEVEL")
    assert (level.path, level.line) == ("terraform/main.tf", 5)


def test_a_module_is_read_with_what_it_is_called_with() -> None:
    module = """
variable "name" {}
variable "services" { default = [] }
variable "environment" { default = {} }
resource "cloudfoundry_app" "app" {
  name             = var.name
  environment      = var.environment
  service_bindings = [for s in var.services : { service_instance = s }]
}
"""
    found = planned(
        """
module "api" {
  source      = "./modules/app"
  name        = "shop-api"
  services    = ["db"]
  environment = { A = "b" }
}
module "jobs" {
  for_each = toset(["mail", "index"])
  source   = "./modules/app"
  name     = format("shop-%s", each.key)
}
module "database" { source = "github.com/someone/terraform-cloudgov//database?ref=v1" }
module "labels" { source = "someone/labels/null" }
""",
        terraform__modules__app__main=module + "  # of the module\n",
    )
    assert said(found.alone) == ["variable shop-api A b", "service shop-api db"]
    assert [(one.path, one.line) for one in found.alone] == [
        ("terraform/main.tf", 6), ("terraform/modules/app/main.tf", 8)
    ]  # fmt: skip
    (unread,) = found.unread
    assert unread.line == 13
    assert "terraform-cloudgov" in unread.reason


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ('resource "cloudfoundry_app" "a" {\n name = join("-", ["web", lower("DEV")])\n memory = 1\n}',
         ["setting web-dev memory 1"]),
        ('resource "cloudfoundry_app" "a" {\n count = 0\n name = "web"\n memory = 1\n}', []),
        ('resource "cloudfoundry_app" "a" {\n name = "web"\n environment = { for k in ["A"] : k => "x" }\n}',
         ["variable web A x"]),
        ('resource "cloudfoundry_app" "a" { name = "web" }\n'
         'resource "cloudfoundry_service_instance" "s" {\n for_each = toset(["db"])\n'
         ' name = "x-${each.key}"\n}\n'
         'resource "cloudfoundry_service_credential_binding" "b" {\n type = "app"\n'
         ' app = cloudfoundry_app.a.id\n service_instance = cloudfoundry_service_instance.s["db"].id\n}',
         ["instance x-db", "service web x-db"]),
    ],
)  # fmt: skip
def test_names_that_are_put_together(resource: str, expected: list[str]) -> None:
    assert said(planned(resource).alone) == expected


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('resource "cloudfoundry_app" "a" {\n name = "x\n memory = = 3\n', 2, "not Terraform"),
        ('resource "cloudfoundry_app" "a" {\n name = "x"\n memory = = 3\n}\n', 3, "not Terraform"),
        ('resource "cloudfoundry_app" "a" {\n name = "x"\n environment = var.all\n}\n', 3,
         "which variables ${all}"),
        ('resource "cloudfoundry_app" "a" {\n name = "x"\n environment = merge({A = "b"}, var.all)\n}\n', 3,
         "which variables ${all}"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_its_line(text: str, line: int, reason: str) -> None:
    (unread,) = planned(text).unread
    assert unread.line == line
    assert reason in unread.reason


def test_hostile_files_end_soon() -> None:
    call = 'module "m%d" {\n source = "./a"\n for_each = toset(["1","2","3","4","5","6","7","8","9"])\n}\n'
    calls = "".join(call % number for number in range(9)) + 'resource "cloudfoundry_app" "x" { name = "x" }\n'
    ten = "[" + ",".join(f'"{number}"' for number in range(10)) + "]"
    loops = "".join(f"[for b{number} in {ten} : " for number in range(15)) + '"x"' + "]" * 15
    began = time.process_time()
    planned(calls, **{"terraform__" + "a__" * depth + "main": calls for depth in range(1, 7)})
    found = planned(
        f'resource "cloudfoundry_app" "x" {{\n name = "x"\n environment = {{ a = {loops} }}\n}}\n'
    )
    planned('locals {\n a = local.b\n b = local.a\n}\nresource "cloudfoundry_app" "x" { name = local.a }\n')
    assert time.process_time() - began < 10
    assert any("too much" in one.reason for one in found.unread)
