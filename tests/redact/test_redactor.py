from __future__ import annotations

import base64
import io
import json
import re
import sys
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runback.redact import Redactor, pieces, shape

KEY = b"a project's key"
PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn\n"
    "kWKB3xkDYw2p8yRtIqiqGGkdiZc9\nx7Q=\n-----END RSA PRIVATE KEY-----"
)
# What a person would call a secret: 10 to 60 printable characters, letters and digits among them.
SECRETS = st.from_regex(r"[A-Za-z][0-9][!-~]{8,58}", fullmatch=True).filter(
    lambda text: "://" not in text and ":" not in text and text[0] not in "{["
)
NOISE = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=80)


def sealed(redactor: Redactor, text: str) -> str:
    return redactor.seal(text.encode()).decode()


@given(secret=SECRETS, before=NOISE, after=NOISE)
@settings(max_examples=100, deadline=None)
def test_a_learned_secret_is_nowhere_left_in_any_spelling(secret: str, before: str, after: str) -> None:
    redactor = Redactor(KEY)
    redactor.learn("APP_SECRET", secret)
    data = before.encode() + secret.encode() + after.encode()
    for text in (
        data,
        quote(data, safe="").encode(),
        quote_plus(data).encode(),
        base64.b64encode(data),
        base64.urlsafe_b64encode(data),
        json.dumps(before + secret + after).encode(),
        json.dumps({"log": json.dumps(before + secret + after)}).encode(),
        data.hex().encode(),
    ):
        result = redactor.seal(text)
        assert b"[secret:" in result
        for spelling in (secret.encode(), quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()):
            assert spelling not in result
        assert base64.b64encode(secret.encode())[: len(secret)] not in result


@given(secrets=st.lists(SECRETS, min_size=1, max_size=6), data=st.data())
@settings(max_examples=60, deadline=None)
def test_secrets_that_overlap_leave_no_rest(secrets: list[str], data: st.DataObject) -> None:
    redactor = Redactor(KEY)
    for n, secret in enumerate(secrets):
        redactor.learn(f"KEY_{n}", secret)
    pieces = data.draw(st.lists(st.sampled_from([*secrets, " ", "\n", "x"]), max_size=12))
    text = "".join(pieces)
    result = sealed(redactor, text)
    assert not any(secret in result for secret in secrets)


@given(text=NOISE)
@settings(max_examples=60, deadline=None)
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    redactor = Redactor(KEY)
    redactor.learn("APP_SECRET", "a1-never-in-noise-0000000000")
    plain = re.sub(r"(?i)pass|pwd|secret|token|cred|key|://|bearer|basic|sig|circle", "", text)
    assert redactor.seal(plain.encode()) == plain.encode()


@given(text=NOISE, secret=SECRETS)
@settings(max_examples=60, deadline=None)
def test_sealing_twice_changes_nothing(text: str, secret: str) -> None:
    redactor = Redactor(KEY)
    redactor.learn("APP_SECRET", secret)
    once = sealed(redactor, f"{text} password={secret} {text}\n")
    assert sealed(redactor, once) == once


def test_tokens_name_the_variable_and_are_stable() -> None:
    redactor = Redactor(KEY)
    redactor.learn("JWT_KEY", "f00-Bar-91827364")
    first = sealed(redactor, "key f00-Bar-91827364 used; again f00-Bar-91827364")
    assert re.fullmatch(r"key (\[secret:JWT_KEY:[0-9a-f]{4}\]) used; again \1", first)
    other = Redactor(b"another project")
    other.learn("JWT_KEY", "f00-Bar-91827364")
    assert sealed(other, "f00-Bar-91827364") not in first


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "8080"),
        ("JWT_KEY", "raft"),
        ("SECRET_PORT", "8080"),
        ("TOKEN_HOST", "tdp-backend-raft.apps.internal"),
        ("AUTH_TOKEN_URL", "https://login.fr.cloud.gov/oauth/token"),
        ("APP_NAME", "tdp-clamav-nginx-dev"),
        ("DJANGO_SETTINGS_MODULE", "tdpservice.settings.cloudgov"),
        ("GIT_SHA", "0123456789abcdef0123456789abcdef01234567"),
        ("INSTANCE_GUID", "6a901b7c-9417-4dc1-8189-d3234aa0ab82"),
        ("USE_SECRETS", "true"),
        ("COMPANY_KEYBOARD", "a-mechanical-keyboard"),
        ("PYTHONPATH", "/home/vcap/app:/home/vcap/deps/0/bin"),
    ],
)
def test_what_people_need_to_read_stays_readable(name: str, value: str) -> None:
    redactor = Redactor(KEY)
    redactor.learn(name, value)
    line = f"starting with {value} at /x/{value}/y\n"
    assert sealed(redactor, line) == line


def test_names_that_are_kept_stay_readable() -> None:
    redactor = Redactor(KEY)
    redactor.keep("tdp-db-dev")
    redactor.learn("DB_SECRET", "tdp-db-dev")
    assert sealed(redactor, "service tdp-db-dev") == "service tdp-db-dev"


def test_of_a_url_only_login_and_query_are_secret() -> None:
    redactor = Redactor(KEY)
    redactor.learn(
        "DATABASE_URL", "postgres://app:s3cr%2Ft-pw@db.example.com:5432/tdp?sslmode=require&api_key=zq81-99"
    )
    line = "connecting to db.example.com:5432/tdp as s3cr/t-pw or s3cr%2Ft-pw, sslmode=require zq81-99"
    result = sealed(redactor, line)
    assert "db.example.com:5432/tdp" in result
    assert "sslmode=require" in result
    assert "s3cr" not in result
    assert "zq81-99" not in result


def test_json_is_learned_leaf_by_leaf() -> None:
    redactor = Redactor(KEY)
    services = {
        "aws-rds": [{"name": "tdp-db-dev", "credentials": {"host": "db.example.com", "password": "hx82-pq"}}]
    }
    redactor.learn("VCAP_SERVICES", json.dumps(services))
    assert "secret:VCAP_SERVICES.aws-rds.credentials.password" in sealed(redactor, "hx82-pq")
    assert sealed(redactor, "tdp-db-dev db.example.com") == "tdp-db-dev db.example.com"


def test_words_count_only_where_they_stand_alone() -> None:
    redactor = Redactor(KEY)
    redactor.learn("DB_PASSWORD", "harbour")
    assert sealed(redactor, "harbourmaster") == "harbourmaster"
    assert "harbour" not in sealed(redactor, "login with harbour.")


def test_a_private_key_is_learned_as_a_whole_and_line_by_line() -> None:
    redactor = Redactor(KEY)
    redactor.learn("JWT_KEY", PEM)
    for text in (PEM, PEM.replace("\n", "\\n"), "got kWKB3xkDYw2p8yRtIqiqGGkdiZc9", json.dumps(PEM)):
        result = sealed(redactor, text)
        assert "kWKB3xkDYw2p8yRtIqiqGGkdiZc9" not in result
        assert "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn" not in result


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
        ('settings.py:14:AWS_KEY = "AKIAIOSFODNN7EXAMPLE"', "AKIAIOSFODNN7EXAMPLE"),
        ('{"password":"hunter2-x"}', "hunter2-x"),
        ('{\\"db_password\\": \\"hunter2-x\\"}', "hunter2-x"),
        ("DJANGO_SECRET_KEY: hunter2-x", "hunter2-x"),
        ("url=postgres://u:hunter2@db.example.com:5432/x", "hunter2"),
        ("GET /o?X-Amz-Signature=0a1b2c3d4e5f&x=1", "0a1b2c3d4e5f"),
        ("Authorization: Bearer abcdefghijklmnop1234", "abcdefghijklmnop1234"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.SflKxwRJSMeKKF2Q", "SflKxwRJSMeKKF2Q"),
        ("ghp_0123456789abcdefghijklmnopqrstuvwxyz", "ghp_0123456789"),
        ("key:\n" + PEM + "\nend", "kWKB3xkDYw2p8yRtIqiqGGkdiZc9"),
        ("CCIPAT_ABCDEFGHIJKLMNOPQRSTUV_0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUV"),
    ],
)
def test_patterns_find_what_nobody_taught(line: str, secret: str) -> None:
    result = sealed(Redactor(KEY), f"before\n{line}\nafter\n")
    assert secret not in result
    assert result.startswith("before\n")
    assert result.endswith("\nafter\n")
    assert "[secret:" in result


@pytest.mark.parametrize(
    "line",
    [
        "KeyError: 'JWT_KEY'",
        "WARNING: Empty value for JWT_KEY. It will now be unset.",
        "SyntaxError: Unexpected token } in JSON at position 4",
        "password=None, token=null",
        "PASSWORD=$DB_PASSWORD",
        "Invalid token: is expired",
        "unexpected answer to /v3/service_credential_bindings: Expected `object`, got `array`",
        "password: required",
        'JWT_KEY = os.environ["JWT_KEY"]',
        "  secret: process.env.SESSION_SECRET || crash(),",
        "api_key = ENV.fetch('API_KEY')",
        "https://tdp-frontend-raft.apps.cloud.gov/login?next=/home",
        "commit 0123456789abcdef0123456789abcdef01234567",
        "app guid 6a901b7c-9417-4dc1-8189-d3234aa0ab82 port 8080",
    ],
)
def test_patterns_leave_the_words_of_a_diagnosis_alone(line: str) -> None:
    assert sealed(Redactor(KEY), line) == line


def test_a_stream_is_sealed_like_a_whole_and_lines_stay_lines() -> None:
    redactor = Redactor(KEY)
    redactor.learn("JWT_KEY", "f00-Bar-91827364")
    lines = [
        f"line {n} says f00-Bar-91827364" if n % 1000 == 0 else f"line {n} is quiet" for n in range(700_000)
    ]
    data = "\n".join([*lines, PEM]).encode()
    sink = io.BytesIO()
    redactor.seal_stream(io.BytesIO(data), sink)
    result = sink.getvalue()
    assert result == redactor.seal(data)
    assert b"91827364" not in result
    assert b"MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn" not in result
    assert result.count(b"\n") == data.count(b"\n")


def test_thousands_of_secrets_hardly_cost_more_than_one() -> None:
    few, many = Redactor(KEY), Redactor(KEY)
    few.learn("A_KEY", "f00-Bar-91827364")
    for n in range(3_000):
        many.learn(f"KEY_{n}", f"sec-{n * 7919:08d}-{n:05d}-Xq")
    block = b"".join(b"2026-03-03 request %d answered 200 in 12 ms\n" % n for n in range(200_000))
    for redactor in (few, many):
        redactor.seal(b"warm")

    def seconds(redactor: Redactor) -> float:
        begin = time.perf_counter()
        assert redactor.seal(block) == block
        return time.perf_counter() - begin

    assert min(seconds(many) for _ in range(3)) < 20 * min(seconds(few) for _ in range(3)) + 0.1


def test_one_very_long_line_takes_linear_time() -> None:
    redactor = Redactor(KEY)
    redactor.learn("A_KEY", "f00-Bar-91827364")
    begin = time.perf_counter()
    for text in (
        b"token " * 500_000,
        b"a" * 3_000_000,
        b"password" * 200_000,
        b"://" * 500_000,
        b"eyJ" * 500_000,
    ):
        assert b"91827364" not in redactor.seal(text + b" f00-Bar-91827364")
    assert time.perf_counter() - begin < 20


def test_fingerprints_are_equal_for_equal_values_of_one_project_only() -> None:
    one, two = Redactor(KEY), Redactor(b"another project")
    assert one.fingerprint("x") == one.fingerprint("x") != one.fingerprint("y")
    assert one.fingerprint("x") != two.fingerprint("x")
    assert re.fullmatch("[0-9a-f]{16}", one.fingerprint(""))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("8080", "integer"),
        ("False", "boolean"),
        (PEM, "pem"),
        ("6a901b7c-9417-4dc1-8189-d3234aa0ab82", "uuid"),
        ('{"a": 1}', "json"),
        ("[1, 2", "text"),
        ("db.example.com", "host"),
        ("localhost", "host"),
        ("localhost:5432", "host:port"),
        ("redis:6379", "host:port"),
        ("https://a.example.com:8443/x", "scheme://host:port"),
        ("hello there", "text"),
    ],
)
def test_shapes(value: str, expected: str) -> None:
    assert shape(value) == expected


# --- broken over lines, unlearned, named ------------------------------------------------------------

SECRET = "f00-Bar/91827364+Qx"


@pytest.mark.parametrize(
    "text",
    [
        "f00-Bar/91\n827364+Qx",
        "  f00-Bar/91\r\n    827364+Qx",
        '"f00-Bar/91"\n  "827364+Qx"',
        "f00-Bar/91\\\n827364+Qx",
        "f00-\x1b[01;31m\x1b[KBar/9182\x1b[m\x1b[K7364+Qx",
        "f0\n0-\nBa\nr/\n91\n82\n73\n64\n+Q\nx",
        "2026-03-03T14:59:04.12+0000 [APP/PROC/WEB/0] OUT f00-Bar/91\n"
        "2026-03-03T14:59:05.00+0000 [APP/PROC/WEB/0] OUT 827364+Qx",
    ],
)
def test_a_secret_that_is_broken_over_lines_is_found(text: str) -> None:
    redactor = Redactor(KEY)
    redactor.learn("APP_SECRET", SECRET)
    result = sealed(redactor, f"before\n{text}\nafter\n")
    assert "[secret:APP_SECRET:" in result
    for piece in ("f00", "827364", "Qx"):
        assert piece not in result
    assert result.startswith("before\n")
    assert result.endswith("\nafter\n")
    assert result.count("\n") == text.count("\n") + 3


@pytest.mark.parametrize("width", [16, 60, 64, 76])
def test_wrapped_base64_of_a_secret_is_found(width: int) -> None:
    redactor = Redactor(KEY)
    redactor.learn("APP_SECRET", SECRET)
    for before in range(50, 60):
        coded = base64.b64encode(b"x" * before + SECRET.encode() + b"y" * 40).decode()
        wrapped = "\n".join(coded[at : at + width] for at in range(0, len(coded), width))
        rest = re.sub(r"\[secret:[^]]*\]|\n", "", sealed(redactor, wrapped))
        inner = base64.b64encode(SECRET.encode()[3:15]).decode()[:12]
        assert inner not in rest
        assert SECRET.encode() not in base64.b64decode(rest + "=" * (-len(rest) % 4))


def test_what_is_broken_is_found_on_both_sides_of_a_cut() -> None:
    redactor = Redactor(KEY)
    redactor.learn("APP_SECRET", SECRET)
    block = "quiet line of a log\n" * 60_000 + "f00-Bar/91\n827364+Qx\n"
    sink = io.BytesIO()
    redactor.seal_stream(io.BytesIO((block * 9).encode()), sink)
    assert b"827364" not in sink.getvalue()
    assert sink.getvalue().count(b"[secret:APP_SECRET") == 9


def test_words_at_line_ends_are_no_secret() -> None:
    redactor = Redactor(KEY)
    redactor.learn("DB_PASSWORD", "harbour")
    assert sealed(redactor, "har\nbour") == "har\nbour"


@pytest.mark.parametrize("name", ["DB_PASSWORD", "API_KEY", "MAIL_SECRET"])
def test_a_password_may_look_like_a_host(name: str) -> None:
    redactor = Redactor(KEY)
    redactor.learn(name, "hunter22.secret")
    assert "hunter22" not in sealed(redactor, "login hunter22.secret")
    redactor.learn("TOKEN_HOST", "login.example.com")
    redactor.learn("AUTH_SERVER", "idp.example")
    assert sealed(redactor, "at login.example.com, idp.example") == "at login.example.com, idp.example"


def test_where_not_all_is_known_random_text_is_a_secret_and_ids_are_not() -> None:
    unknown = "value 7h2Kx91LqPz84VnRt0Ws6YbM stood here"
    ids = (
        "app 6a901b7c-9417-4dc1-8189-d3234aa0ab82 commit 0123456789abcdef0123456789abcdef01234567 "
        "tdp-clamav-nginx-dev.apps.internal:9000 /home/vcap/deps/0/python/lib/python3.11/site-packages/django"
    )
    calm, strict = Redactor(KEY), Redactor(KEY, strict=True)
    assert sealed(calm, unknown) == unknown
    assert "7h2Kx91" not in sealed(strict, unknown)
    assert sealed(strict, ids) == ids
    later = Redactor(KEY)
    later.be_strict()
    assert sealed(later, unknown) == sealed(strict, unknown)


def test_each_detector_that_ran_tells_what_it_found() -> None:
    redactor = Redactor(KEY)
    redactor.learn("APP_SECRET", SECRET)
    redactor.seal(f"{SECRET} and {SECRET}\nAKIAIOSFODNN7EXAMPLE\n".encode())
    found = {one.detector: one.found for one in redactor.detections()}
    assert found["learned"] == 2
    assert found["aws-access-key"] == 1
    assert found["jwt"] == 0
    assert "random" not in found


def test_lines_of_what_is_suspicious_are_counted_from_one() -> None:
    text = "quiet\nAKIAIOSFODNN7EXAMPLE\nquiet\n[secret:JWT_KEY:3f9a]\npassword=hunter2-x\n"
    assert list(Redactor(KEY).suspicious(io.BytesIO(text.encode()))) == [2, 5]


def test_json_in_json_is_learned_by_its_leaves() -> None:
    redactor = Redactor(KEY)
    redactor.learn("CREDENTIALS", json.dumps({"oauth": json.dumps({"client_secret": "hx82-pq7"})}))
    assert "hx82" not in sealed(redactor, "got hx82-pq7")


def test_in_reports_learned_secrets_are_cut_out_and_words_are_left() -> None:
    redactor = Redactor(KEY)
    redactor.learn("APP_SECRET", SECRET)
    redactor.learn("DB_PASSWORD", "degraded")
    text = json.dumps({"verdict": "degraded", "text": SECRET, "token": "password=hunter2-x"})
    result = json.loads(redactor.seal_known(text))
    assert result["verdict"] == "degraded"
    assert "[secret:APP_SECRET" in result["text"]
    assert result["token"] == "password=hunter2-x"


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_wherever_a_secret_is_broken_all_of_it_goes_and_nothing_else(data: st.DataObject) -> None:
    redactor = Redactor(KEY)
    redactor.learn("APP_SECRET", SECRET)
    breaks = (
        "\n",
        "\r\n  ",
        '"\n "',
        "\\\n",
        "\x1b[1m",
        "\x1b[0m",
        "\n2026-03-03T14:59:04.12+0000 [RTR/2] OUT ",
    )
    places = data.draw(st.sets(st.integers(1, len(SECRET) - 1), max_size=6))
    broken = "".join(
        (data.draw(st.sampled_from(breaks)) if at in places else "") + letter
        for at, letter in enumerate(SECRET)
    )
    before, after = "2026 0 1 lines\n2\n", "\n0 lines 1 2026\n"
    result = sealed(redactor, before + broken + after)
    assert result.startswith(before)
    assert result.endswith(after)
    assert not re.sub(r"\[secret:APP_SECRET:[0-9a-f]{4}\]|\n", "", result[len(before) : -len(after)])


def test_a_line_that_memory_can_hold_is_not_cut() -> None:
    data = b"first words\n" + b"word " * 2_000_000 + b"\nlast words"
    found = list(pieces(io.BytesIO(data)))
    assert b"".join(found) == data
    assert [piece[-1:] for piece in found[:-1]] == [b"\n"] * (len(found) - 1)


def test_a_line_without_end_is_sealed_in_bounded_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["runback.redact.pieces"], "UNBROKEN", 8 << 20)
    redactor = Redactor(KEY)
    redactor.learn("APP_SECRET", SECRET)
    data = (b"word " * 200_000 + SECRET.encode() + b" ") * 30
    found = list(pieces(io.BytesIO(data)))
    assert max(map(len, found)) <= 12 << 20
    assert b"".join(found) == data
    sink = io.BytesIO()
    redactor.seal_stream(io.BytesIO(data), sink)
    assert b"827364" not in sink.getvalue()
