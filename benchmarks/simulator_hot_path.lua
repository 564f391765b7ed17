-- The hot path of a till: Lookup, Lock, send_transaction, then reinstate, so that the wallets do not run dry.
-- Works in rounds over `batch` customers, one call after the other for all of them: the answers of one customer's
-- calls are never under way at the same time, though wrk has many connections.
--
-- Each run takes the user offer number WHICH of each customer.
-- wrk -s simulator_hot_path.lua URL -- AUTHORIZATION CUSTOMERS BATCH NAME WHICH

local headers, customers, batch, run, which
local stage, at, round, first, counter = 0, 0, 0, 0, 0

local lookup = '{"store_id":"332b6ee0-e981-4f96-8047-d0d358cfb3e0","client_id":"686ed454-ecab-4e86-8abe-c9470e8dd787",' ..
  '"request_id":"%s","request_payload":{"external_customer_id":"c%d"}}'
local lock = '{"store_id":"332b6ee0-e981-4f96-8047-d0d358cfb3e0","client_id":"686ed454-ecab-4e86-8abe-c9470e8dd787",' ..
  '"request_id":"%s","request_payload":{"offer_lookup_code":"%08x-0000-4000-9000-%012x",' ..
  '"offer_lookup_type":"userofferid","transaction":{"pos_employee_id":"1000","table_id":"12","channel":"STORE",' ..
  '"transaction_id":"%s","guest_count":"1","subtotal":"11.77","TaxTotal":".77","open_time":"2018-06-10 9:20:00.000",' ..
  '"modified_time":"2018-06-10 9:30:00.000","items":[{"line_id":"0","item_id":"1","quantity":"1","unit_price":"10",' ..
  '"subtotal":"10","tax_included":".70","modifies_line_id":""},{"line_id":"1","item_id":"2","quantity":"1",' ..
  '"unit_price":"1","subtotal":"1","tax_included":".07","modifies_line_id":"0"}],"discounts":[],"payments":[]}}}'
local send = '{"store_id":"332b6ee0-e981-4f96-8047-d0d358cfb3e0","client_id":"686ed454-ecab-4e86-8abe-c9470e8dd787",' ..
  '"request_id":"%s","request_payload":{"is_closed":"true","pos_employee_id":"1","channel":"Store",' ..
  '"transaction_id":"%s","guest_count":"1","subtotal":"11.77","tax_total":"0.77","open_time":"2018-09-01 10:20:00.000",' ..
  '"modified_time":"2018-09-01 10:20:00.000","items":[{"line_id":"0","item_id":"1","quantity":"1","unit_price":"10",' ..
  '"subtotal":"10"},{"line_id":"1","item_id":"2","quantity":"1","unit_price":"1","subtotal":"1"}],"payments":[{' ..
  '"payment_id":"p1","amount":"6.77","type":"CREDIT","payment_time":"2018-09-01 10:20:00.000",' ..
  '"user_id":"%08x-0000-4000-8000-000000000000","user_id_type":"SessionM_ID"}],"discounts":[{' ..
  '"reference_id":"%08x-0000-4000-9000-%012x","reference_id_type":"userofferid",' ..
  '"user_id":"%08x-0000-4000-8000-000000000000","status":"LOCKED","display_name":"$5 off",' ..
  '"discounted_line_ids":["0","1"],"discount_source":"sessionm","amount":5,"stack_order":0,' ..
  '"applied_time":"2018-08-29T06:59:04.5326816Z"}]}}'
local reinstate = '{"store_id":"332b6ee0-e981-4f96-8047-d0d358cfb3e0",' ..
  '"client_id":"686ed454-ecab-4e86-8abe-c9470e8dd787","request_id":"%s",' ..
  '"request_payload":{"user_offer_id":"%08x-0000-4000-9000-%012x","employee_id":"1"}}'

function init(args)
  headers = { ["Authorization"] = args[1], ["Content-Type"] = "application/json" }
  customers, batch, run = tonumber(args[2]), tonumber(args[3]), args[4]
  which = tonumber(args[5])
end

function request()
  counter = counter + 1
  -- a stride that visits customers all over the place, each as often as any other
  local customer = ((first + at) * 7919) % customers
  local id = run .. counter
  local transaction = run .. "t" .. round .. "-" .. customer
  local path, body
  if stage == 0 then
    path, body = "/api/2.0/Lookup", lookup:format(id, customer)
  elseif stage == 1 then
    path, body = "/api/2.0/Lock", lock:format(id, customer, which, transaction)
  elseif stage == 2 then
    path, body = "/api/2.0/send_transaction", send:format(id, transaction, customer, customer, which, customer)
  else
    path, body = "/api/2.0/reinstate", reinstate:format(id, customer, which)
  end
  at = at + 1
  if at == batch then
    at = 0
    stage = stage + 1
    if stage == 4 then
      stage, round, first = 0, round + 1, first + batch
    end
  end
  return wrk.format("POST", path, headers, body)
end
