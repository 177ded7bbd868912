from portal.reports.receipts import recipients


def test_everybody_gets_one_receipt():
    assert len(recipients(["ada@lab.example"], ["ada@lab.example", "grace@lab.example"])) == 2


def test_the_uploader_comes_first():
    assert recipients(["ada@lab.example"], ["grace@lab.example"])[0] == "ada@lab.example"
