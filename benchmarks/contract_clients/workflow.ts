// The whole workflow over the types that openapi-typescript generated (api.d.ts), by openapi-fetch; type-checked, then run.
// benchmarks.contract_tools makes the types and runs this beside them; nothing of offerproof is here.
import createClient from "openapi-fetch";
import type { components, paths } from "./api";

const env = (name: string): string => process.env[name] ?? "";
const clientOf = (service: string) =>
  createClient<paths>({
    baseUrl: env("BASE_URL"),
    headers: { Authorization: "Basic " + Buffer.from(env(service)).toString("base64") },
  });
const core = clientOf("CORE");
const offers = clientOf("OFFERS");
const till = clientOf("CLOUDPOS");
const retailer = env("RETAILER");
const store = { store_id: env("STORE"), client_id: env("CLIENT") };

type Refusal = components["schemas"]["CoreRefusal" | "OffersRefusal" | "CloudposRefusal"];

function told<T extends { status: string }>(step: string, answer: { data?: T; error?: unknown }): Exclude<T, Refusal> {
  console.log(`${step}: status ${answer.data?.status ?? JSON.stringify(answer.error)}`);
  if (!answer.data || !/^(ok|success)$/i.test(answer.data.status)) throw new Error(step);
  return answer.data as Exclude<T, Refusal>;
}

const email = "generated.typescript@example.com";
const apiKey = { api_key: env("API_KEY") };
const made = told("create_customer", await core.POST("/priv/v1/apps/{api_key}/users", {
  params: { path: apiKey },
  body: { user: { email, external_id: "generated-typescript", opted_in: true } },
}));
const user = made.user.id;
const found = told("search_customers", await core.GET("/priv/v1/apps/{api_key}/users/search", {
  params: { path: apiKey, query: { email, expand_incentives: true } },
}));
if (found.user.id !== user) throw new Error("another customer");
const offer = told("create_offer", await offers.POST("/api/2.0/offers/management/create", {
  body: {
    retailer_id: retailer,
    offer_type: "fixed_amount_check_discount",
    publish: "true",
    text_config: [{ title: "$5 off", description: "d", terms_and_conditions: "t", culture: "en" }],
    media_config: [],
    common_config: {
      acquisition_start_date: "2018-03-01 00:00:00.0",
      acquisition_end_date: "2118-03-31 23:59:00.0",
      does_not_expire: false,
      valid_after_end_date: false,
      reward_store: false,
      validity_unit: "years",
      validity_period: 100,
      custom_data: "{}",
    },
    discount_config: { amount: 5 },
    offer_config: { type: "fixed_amount_check_discount" },
    use_restrictions: [],
    purchase_restrictions: [],
    catalog_restrictions: [],
    location_restrictions: [],
  },
})).payload.offer_id;
const detail = told("fetch_offer", await offers.POST("/api/2.0/offers/fetch_offer", {
  body: { retailer_id: retailer, offer_id: offer, culture: "en-us" },
}));
if (detail.payload.offer.title !== "$5 off") throw new Error("another title");
const issued = told("issue_offer", await offers.POST("/api/2.0/offers/acquisition/issue", {
  body: { retailer_id: retailer, user_id: user, offer_id: offer, quantity: 1, issue_exact_version: false },
}));
const held = issued.payload.status_list[0]?.user_offer_id ?? "";
const wallet = told("get_user_offers", await offers.POST("/api/2.0/offers/get_user_offers", {
  body: { retailer_id: retailer, user_id: user, skip: 0, take: 10 },
}));
if (wallet.payload.total_records !== 1) throw new Error("another wallet");
const seen = told("lookup", await till.POST("/api/2.0/Lookup", {
  body: { ...store, request_id: "ts-1", request_payload: { user_id: user } },
}));
if (seen.payload[0]?.offers?.[0]?.reference_id !== held) throw new Error("another offer");
const sale = {
  is_closed: false,
  pos_employee_id: "1000",
  channel: "STORE",
  transaction_id: "generated-typescript-1",
  guest_count: 1,
  subtotal: 10,
  tax_total: 0.7,
  open_time: "2018-06-10 9:20:00.000",
  modified_time: "2018-06-10 9:30:00.000",
  items: [{ line_id: "0", item_id: "1", quantity: 1, unit_price: 10, subtotal: 10 }],
  payments: [],
  discounts: [],
};
const locked = told("lock", await till.POST("/api/2.0/Lock", {
  body: {
    ...store,
    request_id: "ts-2",
    request_payload: { offer_lookup_code: held, offer_lookup_type: "userofferid", transaction: sale },
  },
})).payload;
if (locked.amount !== 5) throw new Error("another amount");
const payment = {
  payment_id: "p",
  amount: 5.7,
  type: "CREDIT",
  payment_time: "2018-06-10 9:30:00.000",
  user_id: user,
  user_id_type: "SessionM_ID",
};
told("send_transaction", await till.POST("/api/2.0/send_transaction", {
  body: { ...store, request_id: "ts-3", request_payload: { ...sale, is_closed: true, payments: [payment], discounts: [locked] } },
}));
const history = told("user_offer_history", await offers.POST("/api/2.0/offers/user_offer_history", {
  body: { retailer_id: retailer, user_ids: [user], rollback_option: 0, skip: 0, take: 10 },
}));
const state = history.payload.results[0]?.status_description ?? "nowhere";
console.log(`the offer is ${state}`);
if (!state.includes("Redeem")) process.exit(1);
