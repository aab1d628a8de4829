"""Only addresses of accounts are called, whatever was typed or came back from the consent page."""

import pytest

from dashboard.contracts.errors import Rejected
from providers.kommo.client import addresses


@pytest.mark.parametrize(
    ("typed", "host", "brand"),
    [
        ("mycompany.kommo.com", "mycompany.kommo.com", "www.kommo.com"),
        ("https://MyCompany.kommo.com/leads/list/?x=1", "mycompany.kommo.com", "www.kommo.com"),
        (" firma-1.amocrm.ru ", "firma-1.amocrm.ru", "www.amocrm.ru"),
        ("old.amocrm.com:443", "old.amocrm.com", "www.kommo.com"),
    ],
)
def test_an_account_is_read_from_what_people_type(typed, host, brand):
    filled = addresses({"subdomain": typed})

    assert filled == {"subdomain": host, "account_host": host, "brand_host": brand}


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("mycompany", "subdomain_without_brand"),
        ("", "subdomain_foreign"),
        ("kommo.com", "subdomain_foreign"),
        ("mycompany.kommo.com.evil.test", "subdomain_foreign"),
        ("evil.test/mycompany.kommo.com", "subdomain_foreign"),
        ("mycompany.kommo.com@evil.test", "subdomain_foreign"),
        ("a.b.kommo.com", "subdomain_foreign"),
        ("169.254.169.254", "subdomain_foreign"),
        ("http://localhost:8080", "subdomain_without_brand"),
        ("www.kommo.com", "subdomain_not_account"),
        ("api-b.kommo.com", "subdomain_not_account"),
        ("developers.amocrm.ru", "subdomain_not_account"),
    ],
)
def test_every_other_address_is_refused(typed, code):
    with pytest.raises(Rejected) as refused:
        addresses({"subdomain": typed})

    assert (refused.value.code, refused.value.field) == (code, "subdomain")
