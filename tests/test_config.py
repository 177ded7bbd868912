"""runback.toml, the user's own configuration, and what a person types."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from runback.config import Configuration, access, load
from runback.errors import ConfigurationError, UsageError

PORTAL = """\
project = "gh/acme/portal"

[apps]
frontend = "portal-frontend-{environment}"
backend = "portal-backend-{environment}"

[environments.raft]
org = "acme"
space = "portal-dev"
deploy_jobs = ["deploy-dev"]
apps = {scanner = "portal-scanner-dev"}

[environments.qasp]
org = "acme"
space = "portal-dev"
apps = {scanner = "portal-scanner-dev"}

[environments.prod]
org = "acme"
space = "portal-prod"
branch = "main"
deploy_jobs = ["deploy-production"]
protected = true
apps = {scanner = "clamav-rest"}
"""


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "home").mkdir()
    return {"HOME": str(tmp_path / "home")}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "portal"
    (folder / "src").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "-b", "feature", str(folder)], check=True)
    return folder


def loaded(checkout: Path, environ: dict[str, str], text: str = PORTAL) -> Configuration:
    (checkout / "runback.toml").write_text(text)
    return load(checkout / "src", environ)


def login(home: dict[str, str]) -> None:
    folder = Path(home["HOME"]) / ".cf"
    folder.mkdir()
    content = {"OrganizationFields": {"Name": "acme"}, "SpaceFields": {"Name": "portal-dev"}}
    (folder / "config.json").write_text(json.dumps(content))


# --- runback.toml ---------------------------------------------------------------------------------


def test_the_file_is_found_from_a_folder_below(checkout: Path, home: dict[str, str]) -> None:
    configuration = loaded(checkout, home)
    assert configuration.path == checkout / "runback.toml"
    assert configuration.checkout == checkout
    assert configuration.project == "gh/acme/portal"
    assert configuration.environments["raft"].apps == {
        "frontend": "portal-frontend-raft",
        "backend": "portal-backend-raft",
        "scanner": "portal-scanner-dev",
    }


def test_a_file_above_the_checkout_is_not_ours(checkout: Path, home: dict[str, str]) -> None:
    (checkout.parent / "runback.toml").write_text(PORTAL)
    assert load(checkout / "src", home).path is None


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        (
            'branch = "main"',
            'brnach = "main"',
            21,
            "prod.brnach: this key is not known. Did you mean 'branch'?",
        ),
        (
            'space = "portal-dev"',
            "space = 3",
            9,
            "environments.raft.space: this has to be a text, not a number ('3')",
        ),
        (
            "protected = true",
            'protected = "yes"',
            23,
            "environments.prod.protected: this has to be true or false",
        ),
        ("protected = true", "protected = false", 23, "a checkout cannot take protection away"),
        (
            '["deploy-dev"]',
            '["deploy-dev", 1]',
            10,
            "environments.raft.deploy_jobs: every entry has to be a text",
        ),
        (
            '"gh/acme/portal"',
            '"acme/portal"',
            1,
            "'acme/portal' is not a CircleCI project such as gh/acme/portal",
        ),
        ('"gh/acme/portal"', '"gh/../portal"', 1, "is not a CircleCI project"),
        ("-{environment}", "-{enviroment}", 4, "apps.frontend: {enviroment} is not known"),
        ('"portal-scanner-dev"', '"portal-backend-raft"', 11, "'portal-backend-raft' has two roles"),
        ('"portal-scanner-dev"', '""', 11, "environments.raft.apps.scanner: this is empty"),
        ("project =", "tokens =", 1, "tokens: this key is not known"),
        (
            "[environments.raft]",
            "[circleci]\nhost='https://evil.example'\n[environments.raft]",
            7,
            "circleci: this key is not known",
        ),
        ('org = "acme"', 'org = "acme', 8, "this is not TOML"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    checkout: Path, home: dict[str, str], before: str, after: str, line: int, says: str
) -> None:
    assert before in PORTAL
    with pytest.raises(ConfigurationError) as raised:
        loaded(checkout, home, PORTAL.replace(before, after, 1))
    assert str(raised.value).startswith(f"{checkout / 'runback.toml'}:{line}: ")
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_environment_no_utf8_no_toml(checkout: Path, home: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="there is no environment in it"):
        loaded(checkout, home, 'project = "gh/acme/portal"\n')
    (checkout / "runback.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        load(checkout, home)


# --- target ---------------------------------------------------------------------------------------


def test_an_app_by_its_name(checkout: Path, home: dict[str, str]) -> None:
    target = loaded(checkout, home).target("portal-backend-raft", symptoms=("down",))
    assert (target.app, target.environment, target.org, target.space) == (
        "portal-backend-raft",
        "raft",
        "acme",
        "portal-dev",
    )
    assert target.project == "gh/acme/portal"
    assert target.branch == "feature"  # the one checked out: raft has no branch of its own
    assert target.deploy_jobs == ("deploy-dev",)
    assert target.symptoms == ("down",)
    assert target.apps == ("portal-frontend-raft", "portal-backend-raft", "portal-scanner-dev")
    assert target.peers == {
        "portal-frontend-raft": ("portal-frontend-qasp", "portal-frontend-prod"),
        "portal-backend-raft": ("portal-backend-qasp", "portal-backend-prod"),
        "portal-scanner-dev": ("clamav-rest",),
    }


def test_an_app_by_its_role_and_an_environment_alone(checkout: Path, home: dict[str, str]) -> None:
    configuration = loaded(checkout, home)
    assert configuration.target("backend", "prod").app == "portal-backend-prod"
    whole = configuration.target(environment="prod")
    assert (whole.app, whole.branch) == (None, "main")
    by_branch = configuration.target("backend", branch="main")
    assert by_branch.app == "portal-backend-prod"


@pytest.mark.parametrize(
    ("app", "environment", "says", "advice"),
    [
        ("portal-backend-raf", None, "Did you mean 'portal-backend-raft'?", "It has: clamav-rest, "),
        (None, "raftt", "there is no environment 'raftt'. Did you mean 'raft'?", "has: prod, qasp, raft."),
        ("portal-backend-prod", "raft", "belongs to environment 'prod', not to 'raft'", "--env prod"),
        ("portal-scanner-dev", None, "is in several environments: qasp, raft", "--env raft"),
        (None, None, "there are several environments", "Say which"),
        ("zzz", "raft", "there is no app 'zzz'", "portal-backend-raft"),
    ],
)
def test_names_that_name_nothing(
    checkout: Path, home: dict[str, str], app: str | None, environment: str | None, says: str, advice: str
) -> None:
    with pytest.raises(UsageError) as raised:
        loaded(checkout, home).target(app, environment)
    assert says in str(raised.value)
    assert advice in raised.value.advice


@pytest.mark.parametrize(
    ("typed", "pipeline", "job"),
    [
        (118, 118, None),
        ("118", 118, None),
        ("#118", 118, None),
        ("https://app.circleci.com/pipelines/github/acme/portal/118", 118, None),
        ("https://app.circleci.com/pipelines/gh/acme/portal/118/workflows/7f1c/jobs/940?x=1", 118, None),
        ("https://circleci.com/gh/acme/portal/940", None, 940),
    ],
)
def test_a_pipeline_by_number_or_address(
    checkout: Path, home: dict[str, str], typed: int | str, pipeline: int | None, job: int | None
) -> None:
    target = loaded(checkout, home).target("portal-backend-raft", pipeline=typed)
    assert (target.pipeline, target.job) == (pipeline, job)


@pytest.mark.parametrize(
    "typed", ["newest", "https://example.org/x", "https://app.circleci.com/pipelines/gh/../x/1"]
)
def test_a_pipeline_that_is_none(checkout: Path, home: dict[str, str], typed: str) -> None:
    with pytest.raises(UsageError, match="neither a pipeline's number nor the address"):
        loaded(checkout, home).target("portal-backend-raft", pipeline=typed)


def test_a_pipeline_of_another_project(checkout: Path, home: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="belongs to gh/other/portal, this project is gh/acme/portal"):
        loaded(checkout, home).target(pipeline="https://app.circleci.com/pipelines/gh/other/portal/1")


def test_without_a_file_an_app_is_enough(checkout: Path, home: dict[str, str]) -> None:
    login(home)
    subprocess.run(
        ["git", "-C", checkout, "remote", "add", "origin", "git@github.com:acme/portal.git"], check=True
    )
    target = load(checkout, home).target("portal-backend-raft")
    assert (target.project, target.org, target.space) == ("gh/acme/portal", "acme", "portal-dev")
    assert (target.apps, target.branch) == (("portal-backend-raft",), "feature")


def test_without_a_file_ci_alone(checkout: Path, home: dict[str, str]) -> None:
    job = {
        "CIRCLE_PROJECT_USERNAME": "acme",
        "CIRCLE_PROJECT_REPONAME": "portal",
        "CIRCLE_REPOSITORY_URL": "https://github.com/acme/portal",
        "CIRCLE_BRANCH": "topic",
        "CIRCLE_SHA1": "a" * 40,
    }
    target = load(checkout, home | job).target()
    assert (target.app, target.project, target.branch, target.sha) == (
        None,
        "gh/acme/portal",
        "topic",
        "a" * 40,
    )


def test_without_anything_the_way_on_is_said(tmp_path: Path, home: dict[str, str]) -> None:
    configuration = load(tmp_path, home)
    for environment, branch in ((None, None), ("raft", None), (None, "main")):
        with pytest.raises(UsageError) as raised:
            configuration.target(environment=environment, branch=branch)
        assert "runback init" in raised.value.advice


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://github.com/acme/portal", "gh/acme/portal"),
        ("https://user:word@github.com/acme/portal.git", "gh/acme/portal"),
        ("ssh://git@github.com:22/acme/portal.js.git", "gh/acme/portal.js"),
        ("git@bitbucket.org:acme/portal.git", "bb/acme/portal"),
        ("https://gitlab.com/acme/portal.git", None),  # opaque slugs cannot be derived
        ("https://github.com.evil.example/acme/portal", None),
        ("/srv/git/portal.git", None),
    ],
)
def test_the_project_from_the_remote(
    checkout: Path, home: dict[str, str], url: str, slug: str | None
) -> None:
    subprocess.run(["git", "-C", checkout, "remote", "add", "origin", url], check=True)
    assert load(checkout, home).project == slug


def test_the_project_from_a_linked_checkout(checkout: Path, home: dict[str, str]) -> None:
    (checkout / ".circleci").mkdir()
    (checkout / ".circleci" / "info.yml").write_text("project:\n  id: p\n  slug: circleci/8aY3/Xk29\n")
    assert load(checkout, home).project == "circleci/8aY3/Xk29"


# --- the user's own configuration -----------------------------------------------------------------


def write_own(home: dict[str, str], text: str) -> None:
    folder = Path(home["HOME"]) / ".config" / "runback"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(text)


def write_cli(home: dict[str, str], text: str) -> None:
    folder = Path(home["HOME"]) / ".circleci"
    folder.mkdir()
    (folder / "cli.yml").write_text(text)


def test_tokens_in_their_order(home: dict[str, str]) -> None:
    assert "CIRCLE_TOKEN" in access(home).circleci.missing
    write_cli(home, "host: https://circleci.com\ntoken: from-cli\n")
    assert (access(home).circleci.token, access(home).circleci.source) == ("from-cli", "~/.circleci/cli.yml")
    write_own(home, '[circleci]\ntoken = "from-own"\n')
    assert access(home).circleci.token == "from-own"
    both = home | {"CIRCLE_TOKEN": "first", "CIRCLECI_TOKEN": "last"}
    assert access(both).circleci.token == "first"
    assert access(home | {"CIRCLECI_TOKEN": "last"}).circleci.source == "CIRCLECI_TOKEN"


def test_a_files_token_stays_with_its_host(home: dict[str, str]) -> None:
    write_cli(home, "host: https://ci.acme.example\ntoken: inner\n")
    assert access(home).circleci.host == "https://ci.acme.example"
    other = access(home | {"CIRCLE_HOST": "https://circleci.com"}).circleci
    assert (other.host, other.token) == ("https://circleci.com", "")
    assert "belongs to https://ci.acme.example" in other.missing
    same = access(home | {"CIRCLE_HOST": "ci.acme.example/api/v2"}).circleci
    assert (same.host, same.token) == ("https://ci.acme.example", "inner")


@pytest.mark.parametrize(
    "host", ["http://ci.acme.example", "ftp://ci.acme.example", "https://", "https://a:b@c", "https://x:port"]
)
def test_a_host_that_is_none_or_speaks_in_clear(home: dict[str, str], host: str) -> None:
    with pytest.raises(ConfigurationError, match="CIRCLE_HOST"):
        access(home | {"CIRCLE_HOST": host, "CIRCLE_TOKEN": "t"})


def test_loopback_may_speak_in_clear(home: dict[str, str]) -> None:
    mine = access(home | {"CIRCLE_HOST": "http://127.0.0.1:8080", "CF_API": "http://[::1]:9000/"})
    assert mine.circleci.host == "http://127.0.0.1:8080"
    assert mine.cloudfoundry.api == "http://[::1]:9000"


def test_cloud_foundry_credentials(home: dict[str, str], tmp_path: Path) -> None:
    plain = access(home).cloudfoundry
    assert plain.login == Path(home["HOME"]) / ".cf" / "config.json"
    given = access(home | {"CF_HOME": str(tmp_path), "CF_USERNAME": "u", "CF_PASSWORD": "p"}).cloudfoundry
    assert (given.login, given.username, given.password) == (tmp_path / ".cf" / "config.json", "u", "p")


def test_secrets_are_not_printed(home: dict[str, str]) -> None:
    environ = home | {"CIRCLE_TOKEN": "hidden-1", "CF_PASSWORD": "hidden-2", "CF_CLIENT_SECRET": "hidden-3"}
    assert "hidden" not in repr(access(environ))


def test_mistakes_in_the_users_own_file(home: dict[str, str]) -> None:
    write_own(home, '[circleci]\ntokn = "x"\n')
    with pytest.raises(ConfigurationError, match=r"config\.toml:2: circleci\.tokn: this key is not known"):
        access(home)


def test_a_broken_cli_file_is_named(home: dict[str, str]) -> None:
    write_cli(home, "token: [\n")
    with pytest.raises(ConfigurationError, match=r"cli\.yml:2: this is not YAML"):
        access(home)


# --- trust ----------------------------------------------------------------------------------------


def test_only_the_user_lifts_protection(checkout: Path, home: dict[str, str]) -> None:
    assert loaded(checkout, home).protected("raft")
    write_own(home, '[protection]\nopen_spaces = ["acme/portal-dev", "acme/portal-prod"]\n')
    opened = loaded(checkout, home)
    assert not opened.protected("raft")
    assert opened.protected("prod")  # runback.toml tightens
    renamed = loaded(checkout, home, PORTAL.replace('space = "portal-dev"', 'space = "portal-live"', 1))
    assert renamed.protected("raft")


def test_open_spaces_are_written_whole(home: dict[str, str]) -> None:
    write_own(home, '[protection]\nopen_spaces = ["portal-dev"]\n')
    with pytest.raises(ConfigurationError, match="not of the form 'org/space'"):
        access(home)


def test_a_checkout_never_moves_hosts(checkout: Path, home: dict[str, str]) -> None:
    """A config.toml, cli.yml or .cf in the checkout is not looked at."""
    for name in (".config/runback/config.toml", ".circleci/cli.yml", "config.toml"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text('[circleci]\nhost = "https://evil.example"\n')
    loaded(checkout, home)
    assert access(home).circleci.host == "https://circleci.com"
