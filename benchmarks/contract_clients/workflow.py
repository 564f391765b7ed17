"""The whole workflow by a client that openapi-python-client generated.

``benchmarks.contract_tools`` generates the package ``offer_client``, says in the environment where to
go, and runs this.
"""

import base64
import os
import sys
from typing import Any

from offer_client import AuthenticatedClient, models
from offer_client.api.cloudpos import lock, lookup, send_transaction
from offer_client.api.core import create_customer, search_customers
from offer_client.api.offers import create_offer, fetch_offer, get_user_offers, issue_offer, user_offer_history

RETAILER = os.environ["RETAILER"]
STORE = {"store_id": os.environ["STORE"], "client_id": os.environ["CLIENT"]}
API_KEY = os.environ["API_KEY"]


def client_of(service: str) -> AuthenticatedClient:
    token = base64.b64encode(os.environ[service.upper()].encode()).decode()
    return AuthenticatedClient(base_url=os.environ["BASE_URL"], token=token, prefix="Basic")


def told(step: str, answer: Any) -> Any:
    print(f"{step}: {type(answer).__name__}, status {answer.status}")
    assert not type(answer).__name__.endswith("Refusal"), answer
    return answer


core, offers, till = (client_of(service) for service in ("core", "offers", "cloudpos"))
email = "generated.python@example.com"
asked = models.CreateCustomerRequest.from_dict(
    {"user": {"email": email, "external_id": "generated-python", "opted_in": True}}
)
user = told("create_customer", create_customer.sync(API_KEY, client=core, body=asked)).user
found = told("search_customers", search_customers.sync(API_KEY, client=core, email=email, expand_incentives=True)).user
assert (found.id, found.email) == (user.id, email)
wanted = models.CreateOfferRequest.from_dict(
    {
        **{"retailer_id": RETAILER, "offer_type": "fixed_amount_check_discount", "publish": "true"},
        "text_config": [{"title": "$5 off", "description": "d", "terms_and_conditions": "t", "culture": "en"}],
        "media_config": [],
        "common_config": {
            "acquisition_start_date": "2018-03-01 00:00:00.0",
            "acquisition_end_date": "2118-03-31 23:59:00.0",
            **{"does_not_expire": False, "valid_after_end_date": False, "reward_store": False},
            **{"validity_unit": "years", "validity_period": 100, "custom_data": "{}"},
        },
        "discount_config": {"amount": 5},
        "offer_config": {"type": "fixed_amount_check_discount"},
        **{f"{name}_restrictions": [] for name in ("purchase", "catalog", "location")},
        "use_restrictions": [],
    }
)
offer_id = told("create_offer", create_offer.sync(client=offers, body=wanted)).payload.offer_id
detail = models.FetchOfferRequest.from_dict({"retailer_id": RETAILER, "offer_id": offer_id, "culture": "en-us"})
assert told("fetch_offer", fetch_offer.sync(client=offers, body=detail)).payload.offer.title == "$5 off"
issue = models.IssueOfferRequest.from_dict(
    {"retailer_id": RETAILER, "user_id": user.id, "offer_id": offer_id, "quantity": 1, "issue_exact_version": False}
)
held = told("issue_offer", issue_offer.sync(client=offers, body=issue)).payload.status_list[0].user_offer_id
page = {"retailer_id": RETAILER, "skip": 0, "take": 10}
wallet = models.GetUserOffersRequest.from_dict({**page, "user_id": user.id})
assert told("get_user_offers", get_user_offers.sync(client=offers, body=wallet)).payload.total_records == 1
sale = {
    **{"is_closed": False, "pos_employee_id": "1000", "channel": "STORE", "transaction_id": "generated-python-1"},
    **{"guest_count": 1, "subtotal": 10, "tax_total": 0.7, "payments": [], "discounts": []},
    **{"open_time": "2018-06-10 9:20:00.000", "modified_time": "2018-06-10 9:30:00.000"},
    "items": [{"line_id": "0", "item_id": "1", "quantity": 1, "unit_price": 10, "subtotal": 10}],
}
seen = models.LookupRequest.from_dict({**STORE, "request_id": "py-1", "request_payload": {"user_id": user.id}})
(customer,) = told("lookup", lookup.sync(client=till, body=seen)).payload
assert [one.reference_id for one in customer.offers] == [held]
code = {"offer_lookup_code": held, "offer_lookup_type": "userofferid", "transaction": sale}
taken = models.LockRequest.from_dict({**STORE, "request_id": "py-2", "request_payload": code})
discount = told("lock", lock.sync(client=till, body=taken)).payload
assert discount.amount == 5
paid = {"payment_id": "p", "amount": 5.7, "type": "CREDIT", "payment_time": "2018-06-10 9:30:00.000"}
paid |= {"user_id": user.id, "user_id_type": "SessionM_ID"}
closed = {**sale, "is_closed": True, "payments": [paid], "discounts": [discount.to_dict()]}
sent = models.SendTransactionRequest.from_dict({**STORE, "request_id": "py-3", "request_payload": closed})
told("send_transaction", send_transaction.sync(client=till, body=sent))
history = models.UserOfferHistoryRequest.from_dict({**page, "user_ids": [user.id], "rollback_option": 0})
(done,) = told("user_offer_history", user_offer_history.sync(client=offers, body=history)).payload.results
print(f"the offer is {done.status_description}")
sys.exit("Redeem" not in str(done.status_description))
