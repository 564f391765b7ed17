#!/usr/bin/env bash
# The documented workflow by hand: search, create, fetch, issue, look up, lock, redeem by sending the transaction, and the history.
#
#   offerproof simulate --port 8080 --credential core=core:simulated --credential offers=offers:simulated \
#       --credential cloudpos=pos:simulated --credential api_key=demo &
#   examples/workflow.sh http://127.0.0.1:8080
set -euo pipefail

base=${1:-http://127.0.0.1:8080}
retailer=2d5b5a08-becd-4837-a69a-2ab967c7773a
store='"store_id": "332b6ee0-e981-4f96-8047-d0d358cfb3e0", "client_id": "686ed454-ecab-4e86-8abe-c9470e8dd787"'

call() { # user:secret path [body]
  curl --silent --show-error --max-time 10 --user "$1" --header 'Content-Type: application/json' "$base$2" ${3:+--data "$3"}
}
field() { # a value out of the answer: field payload offer_id
  python3 -c 'import functools, json, sys
value = functools.reduce(lambda at, key: at[int(key) if key.isdigit() else key], sys.argv[1:], json.load(sys.stdin))
print(value if isinstance(value, str) else json.dumps(value))' "$@"
}
show() { printf '\n== %s\n%s\n' "$1" "$2"; }

answer=$(call core:simulated /priv/v1/apps/demo/users '{"user": {"email": "shopper@example.com", "external_id": "shopper", "opted_in": true}}')
show 'A customer to work with (create)' "$answer"
user=$(field user id <<<"$answer")

show 'Search for the customer, with points and tiers' \
  "$(call core:simulated '/priv/v1/apps/demo/users/search?email=shopper@example.com&user%5Buser_profile%5D=true&expand_incentives=true&show_identifiers=true')"

answer=$(call offers:simulated /api/2.0/offers/management/create '{"retailer_id": "'$retailer'", "offer_type": "fixed_amount_check_discount",
  "publish": "true", "text_config": [{"title": "$5 off Check", "description": "Five off", "terms_and_conditions": "Once", "culture": "en"}],
  "media_config": [], "common_config": {"acquisition_start_date": "2018-03-01 00:00:00.0", "acquisition_end_date": "2118-03-31 23:59:00.0",
  "does_not_expire": false, "valid_after_end_date": false, "reward_store": false, "validity_unit": "years", "validity_period": 1,
  "custom_data": "{}"}, "discount_config": {"amount": 5}, "offer_config": {"type": "fixed_amount_check_discount"},
  "use_restrictions": [], "purchase_restrictions": [], "catalog_restrictions": [], "location_restrictions": []}')
show 'Step 1: create an offer' "$answer"
offer=$(field payload offer_id <<<"$answer")

show 'Step 2: get its details' \
  "$(call offers:simulated /api/2.0/offers/fetch_offer '{"retailer_id": "'$retailer'", "offer_id": "'$offer'", "culture": "en-us"}')"

answer=$(call offers:simulated /api/2.0/offers/acquisition/issue \
  '{"retailer_id": "'$retailer'", "user_id": "'$user'", "offer_id": "'$offer'", "quantity": 1, "issue_exact_version": false}')
show 'Step 3: issue it to the customer' "$answer"
user_offer=$(field payload status_list 0 user_offer_id <<<"$answer")

show 'Step 4: the wallet' \
  "$(call pos:simulated /api/2.0/Lookup '{'"$store"', "request_id": "1", "request_payload": {"external_customer_id": "shopper"}}')"

transaction='"pos_employee_id": "1000", "channel": "STORE", "transaction_id": "'$user_offer'-1", "guest_count": "1", "subtotal": "11.00",
  "tax_total": ".77", "open_time": "2018-06-10 9:20:00.000", "modified_time": "2018-06-10 9:30:00.000", "items": [
  {"line_id": "0", "item_id": "1", "quantity": "1", "unit_price": "10", "subtotal": "10"},
  {"line_id": "1", "item_id": "2", "quantity": "1", "unit_price": "1", "subtotal": "1", "modifies_line_id": "0"}],
  "payments": [{"payment_id": "p-1", "amount": "6.77", "type": "CREDIT", "payment_time": "2018-06-10 9:30:00.000",
  "user_id": "'$user'", "user_id_type": "SessionM_ID"}]'
answer=$(call pos:simulated /api/2.0/Lock '{'"$store"', "request_id": "2-'$user_offer'", "request_payload": {
  "offer_lookup_code": "'$user_offer'", "offer_lookup_type": "userofferid", "transaction": {'"$transaction"', "discounts": []}}}')
show 'Step 5: lock it for a basket' "$answer"
discount=$(field payload <<<"$answer")

show 'Step 6: send the closed transaction, which redeems it' \
  "$(call pos:simulated /api/2.0/send_transaction '{'"$store"', "request_id": "3-'$user_offer'", "request_payload": {
  "is_closed": "true", '"$transaction"', "discounts": ['"$discount"']}}')"

history=$(call offers:simulated /api/2.0/offers/user_offer_history \
  '{"retailer_id": "'$retailer'", "user_ids": ["'$user'"], "rollback_option": 0, "skip": 0, "take": 10}')
show 'The history' "$history"
[ "$(field payload results 0 status_description <<<"$history")" = Redeemed ]
