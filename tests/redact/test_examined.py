"""An examiner of another house: what detect-secrets flags in a line, it flags no more in the sealed one."""

from __future__ import annotations

import base64
import importlib
import random
import string

import pytest

from runback.redact import Redactor

pytest.importorskip("detect_secrets")

SOURCE = random.Random(7)
WORD, UPPER, HEX = (
    string.ascii_letters + string.digits,
    string.ascii_uppercase + string.digits,
    "0123456789abcdef",
)


def some(count: int, alphabet: str = WORD) -> str:
    return "".join(SOURCE.choices(alphabet, k=count))


SAMPLES = {
    "artifactory.ArtifactoryDetector": f"AKC{some(20)}",
    "aws.AWSKeyDetector": f"AKIA{some(16, UPPER)}",
    "azure_storage_key.AzureStorageKeyDetector": f"AccountKey={some(86)}==",
    "basic_auth.BasicAuthDetector": f"https://user:{some(12)}@git.lab.example/x",
    "discord.DiscordBotTokenDetector": f"M{some(23)}.{some(6)}.{some(27)}",
    "github_token.GitHubTokenDetector": f"ghp_{some(36)}",
    "gitlab_token.GitLabTokenDetector": f"glpat-{some(20)}",
    "jwt.JwtTokenDetector": ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1234567890"}', SOURCE.randbytes(32))
    ),
    "mailchimp.MailchimpDetector": f"{some(32, HEX)}-us12",
    "npm.NpmDetector": f"//registry.lab.example/:_authToken=npm_{some(36)}",
    "private_key.PrivateKeyDetector": "-----BEGIN RSA PRIVATE KEY-----",
    "pypi_token.PypiTokenDetector": f"pypi-AgEIcHlwaS5vcmc{some(80)}",
    "sendgrid.SendGridDetector": f"SG.{some(22)}.{some(43)}",
    "slack.SlackDetector": f"xoxb-{some(12, string.digits)}-{some(24)}",
    "square_oauth.SquareOAuthDetector": f"sq0csp-{some(43)}",
    "stripe.StripeDetector": f"sk_live_{some(24)}",
    "telegram_token.TelegramBotTokenDetector": f"{some(10, string.digits)}:AA{some(33)}",
    "twilio.TwilioKeyDetector": f"SK{some(32, HEX)}",
}


@pytest.mark.parametrize("name", sorted(SAMPLES))
@pytest.mark.parametrize("around", ["{}", "starting with {} now", '"value": "{}",', "value={}"])
def test_nothing_is_left_for_it_to_flag(name: str, around: str) -> None:
    module, _, called = name.partition(".")
    plugin = getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), called)()
    line = around.format(SAMPLES[name])
    if not plugin.analyze_line("log", line, 1):
        pytest.skip("it does not know it in this place itself")
    sealed = Redactor(b"k").seal_text(line)
    assert "[secret:" in sealed
    assert not plugin.analyze_line("log", sealed, 1)
