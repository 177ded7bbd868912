def test_health(client):
    assert client.get("/healthz/").json() == {"status": "ok"}


def test_period_names_the_due_date(client):
    assert client.get("/v1/reports/2026/Q2/").json() == {"due": "2026-05-14"}


def test_unknown_quarter_is_not_found(client):
    assert client.get("/v1/reports/2026/Q5/").status_code == 404
