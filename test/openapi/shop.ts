// A shop front in TypeScript: its client is made from the OpenAPI documents of orders and catalog
// and knows nothing else of them. The test type-checks it, runs it on a running shop and reads what
// it prints.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths as CatalogPaths } from "./catalog.js";
import type { components as orderComponents, paths as OrdersPaths } from "./orders.js";

type Product = components["schemas"]["Product"];
type Order = orderComponents["schemas"]["Order"];
type Shipment = orderComponents["schemas"]["Shipment"];
type OrderSummary = orderComponents["schemas"]["OrderSummary"];

const { ORDERS_URL, CATALOG_URL, SHOPPER_TOKEN, OPERATOR_TOKEN } = process.env;
// With more patience than by default: the machine may be slow.
const bearer = (token?: string) => ({ headers: { Authorization: `Bearer ${token}`, Prefer: "wait=50" } });
const catalog = createClient<CatalogPaths>({ baseUrl: CATALOG_URL, ...bearer(OPERATOR_TOKEN) });
const orders = createClient<OrdersPaths>({ baseUrl: ORDERS_URL, ...bearer(SHOPPER_TOKEN) });
const desk = createClient<OrdersPaths>({ baseUrl: ORDERS_URL, ...bearer(OPERATOR_TOKEN) });

/** Asks again until there is an answer: lists follow within moments. */
async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited 120 s for ${what}`);
}

async function create(sku: string, amount: number): Promise<Product> {
  const { data, error } = await catalog.POST("/v1/products", {
    body: { sku, name: `Product ${sku}`, price: { amount, currency: "GBP" } },
  });
  assert(data, error?.detail);
  return data;
}

/** Pages through the products by the cursor of each page. */
async function products(limit: number): Promise<Product[]> {
  const all: Product[] = [];
  let cursor: string | undefined;
  do {
    const { data, error } = await catalog.GET("/v1/products", { params: { query: { limit, cursor } } });
    assert(data, error?.detail);
    assert(data.products.length <= limit);
    all.push(...data.products);
    cursor = data.next_cursor;
  } while (cursor);
  return all;
}

async function place(key: string, paymentMethod: string): Promise<Order> {
  const { data, error, response } = await orders.POST("/v1/orders", {
    params: { header: { "Idempotency-Key": key } },
    body: { currency: "GBP", payment_method: paymentMethod, lines: [{ sku: "tea", quantity: 2 }] },
  });
  if (error) throw error;
  assert.equal(response.status, 201);
  return data;
}

/** Ships what the preview says, or nothing when the order has changed since. */
async function ship(id: string, quantity: number): Promise<Shipment> {
  const lines = [{ line: 1, quantity }];
  const preview = await desk.POST("/v1/orders/{id}/shipments/preview", { params: { path: { id } }, body: { lines } });
  assert(preview.data, preview.error?.detail);
  const { data, error } = await desk.POST("/v1/orders/{id}/shipments", {
    params: { path: { id }, header: { "Idempotency-Key": `${id}-${quantity}`, "If-Match": preview.response.headers.get("ETag")! } },
    body: { lines, carrier: "Royal Mail" },
  });
  assert(data, error?.detail);
  assert.equal(data.captured.amount, preview.data.captured.amount);
  return data;
}

await create("mug", 900);
const tea = await create("tea", 450);
const listed = await eventually("both products in the list", async () => {
  const all = await products(1);
  return all.length === 2 ? all : undefined;
});

const order = await place("basket-1", "card_approve");
assert.equal(order.status, "confirmed");
assert.equal(order.total.amount, 2 * tea.price.amount);
assert.equal((await place("basket-1", "card_approve")).id, order.id, "the same key is the same order");

const shipment = await ship(order.id, 1);
assert.equal(shipment.status, "shipped");
const refunded = await desk.POST("/v1/orders/{id}/refunds", {
  params: { path: { id: order.id }, header: { "Idempotency-Key": "refund-1", "If-Match": "*" } },
  body: { reason: "late", amount: { amount: 100, currency: "GBP" } },
});
assert.equal(refunded.data?.status, "done", refunded.error?.detail);
const books = await desk.GET("/v1/orders/{id}/ledger", { params: { path: { id: order.id } } });
assert.equal(books.data?.balances.find((b) => b.account === "provider")?.amount, tea.price.amount - 100);

type Problem = orderComponents["schemas"]["Problem"];
const rejected = await place("basket-2", "card_declined").then(
  () => assert.fail("a declined card bought something"),
  (problem: Problem) => problem,
);
assert.equal(rejected.status, 422);

const mine = await eventually("both orders in the list", async (): Promise<OrderSummary[] | undefined> => {
  const { data, error } = await orders.GET("/v1/orders", { params: { query: { limit: 20 } } });
  assert(data, error?.detail);
  const settled = data.orders.filter((o) => o.status === "confirmed" || o.status === "rejected");
  return settled.length === 2 ? settled : undefined;
});

const unknown = await orders.GET("/v1/orders/{id}", { params: { path: { id: crypto.randomUUID() } } });
assert.equal(unknown.response.status, 404);

// What the document does not allow does not compile.
// @ts-expect-error an order has lines
void (() => orders.POST("/v1/orders", { params: { header: { "Idempotency-Key": "k" } }, body: { currency: "GBP", payment_method: "x" } }));
// @ts-expect-error an order is placed with a key
void (() => orders.POST("/v1/orders", { body: { currency: "GBP", payment_method: "x", lines: [] } }));
// @ts-expect-error an order is shipped with a key
void (() => desk.POST("/v1/orders/{id}/shipments", { params: { path: { id: "x" } }, body: {} }));
// @ts-expect-error there is no such status
void ((o: Order) => o.status === "paid");

console.log(JSON.stringify({
  products: listed.map((p) => p.sku).sort(),
  order: { id: order.id, total: order.total },
  shipment: { status: shipment.status, captured: shipment.captured },
  rejected: { type: rejected.type, code: rejected["decline_code"] },
  listed: mine.map((o) => o.status).sort(),
}));
