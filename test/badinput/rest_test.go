package badinput_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ordersaga/ordersaga/test/shop"
)

// order is the body of an order of lines.
func order(lines string) string {
	return `{"currency":"GBP","lines":[` + lines + `],"payment_method":"card_approve"}`
}

// line of an order; the quantity is as it is written.
func line(sku, quantity string) string {
	return fmt.Sprintf(`{"sku":%q,"quantity":%s}`, sku, quantity)
}

// good is a body that would be an order.
var good = order(line("tea", "1"))

// repeat puts a text some times into a list.
func repeat(text string, times int) string {
	return strings.TrimSuffix(strings.Repeat(text+",", times), ",")
}

const invalid, malformed = "validation-failed", "malformed-json"

// cursorOf is a cursor with a checksum that needs no key.
func cursorOf(list, position string) string {
	sum := sha256.Sum256([]byte(list + "\x00" + position))
	return base64.RawURLEncoding.EncodeToString(append(sum[:6:6], position...))
}

func (w *world) refusesOrders(t *testing.T, before state) {
	for name, test := range map[string]struct {
		body   string
		status int
		slug   string
	}{
		"no quantity":                        {order(`{"sku":"tea"}`), 422, invalid},
		"quantity zero":                      {order(line("tea", "0")), 422, invalid},
		"negative quantity":                  {order(line("tea", "-1")), 422, invalid},
		"quantity above the limit":           {order(line("tea", "100001")), 422, invalid},
		"quantity beyond int64":              {order(line("tea", "9223372036854775808")), 422, invalid},
		"quantity beyond float64":            {order(line("tea", "1e999")), 422, invalid},
		"half a unit":                        {order(line("tea", "0.5")), 422, invalid},
		"quantity as text":                   {order(line("tea", `"1"`)), 422, invalid},
		"no quantity but null":               {order(line("tea", "null")), 422, invalid},
		"total above the limit by quantity":  {order(line("palace", "2")), 422, "total-too-large"},
		"total above the limit by lines":     {order(line("palace", "1") + "," + line("tea", "1")), 422, "total-too-large"},
		"total beyond int64":                 {order(line("palace", "100000")), 422, "total-too-large"},
		"total that wraps to a small one":    {order(repeat(line("palace", "100000"), 1000)), 422, "total-too-large"},
		"unknown SKU":                        {order(line("unicorn", "1")), 422, "unknown-product"},
		"unknown SKU among known ones":       {order(line("tea", "1") + "," + line("unicorn", "1")), 422, "unknown-product"},
		"SKU in other case":                  {order(line("TEA", "1")), 422, "unknown-product"},
		"SKU that is SQL":                    {order(line("tea' OR '1'='1", "1")), 422, "unknown-product"},
		"empty SKU":                          {order(line("", "1")), 422, invalid},
		"SKU that is too long":               {order(line(strings.Repeat("x", 65), "1")), 422, invalid},
		"foreign currency":                   {strings.Replace(good, "GBP", "EUR", 1), 422, "currency-mismatch"},
		"currency in lower case":             {strings.Replace(good, "GBP", "gbp", 1), 422, invalid},
		"currency that is too long":          {strings.Replace(good, "GBP", "GBPX", 1), 422, invalid},
		"no lines":                           {order(""), 422, invalid},
		"lines that are null":                {`{"currency":"GBP","lines":null,"payment_method":"card_approve"}`, 422, invalid},
		"lines that are missing":             {`{"currency":"GBP","payment_method":"card_approve"}`, 422, invalid},
		"a line that is null":                {order("null"), 422, invalid},
		"a line that is a list":              {order("[]"), 422, invalid},
		"1,001 lines":                        {order(repeat(line("tea", "1"), 1001)), 422, invalid},
		"no payment method":                  {strings.Replace(good, "card_approve", "", 1), 422, invalid},
		"payment method that is too long":    {strings.Replace(good, "card_approve", strings.Repeat("x", 201), 1), 422, invalid},
		"unknown member":                     {strings.Replace(good, `{"currency"`, `{"discount":100,"currency"`, 1), 422, invalid},
		"price of the customer's own":        {order(`{"sku":"tea","quantity":1,"unit_price":1}`), 422, invalid},
		"member in other case":               {strings.Replace(good, `{"currency"`, `{"Currency"`, 1), 422, invalid},
		"member twice":                       {strings.Replace(good, `{"currency"`, `{"currency":"EUR","currency"`, 1), 400, malformed},
		"member twice, once in other case":   {strings.Replace(good, `{"currency"`, `{"CURRENCY":"EUR","currency"`, 1), 422, invalid},
		"quantity twice":                     {order(`{"sku":"tea","quantity":1,"quantity":2}`), 400, malformed},
		"member twice, once escaped":         {order(`{"sku":"tea","quantity":1,"quantit\u0079":2}`), 400, malformed},
		"total that is not the expected one": {strings.Replace(good, `{"currency"`, `{"expected_total":{"amount":449,"currency":"GBP"},"currency"`, 1), 409, "price-changed"},
		"total expected in another currency": {strings.Replace(good, `{"currency"`, `{"expected_total":{"amount":450,"currency":"EUR"},"currency"`, 1), 422, invalid},
		"negative expected total":            {strings.Replace(good, `{"currency"`, `{"expected_total":{"amount":-450,"currency":"GBP"},"currency"`, 1), 422, invalid},
		"broken UTF-8":                       {strings.Replace(good, "card_approve", "card\xff", 1), 400, malformed},
		"UTF-8 that is longer than needed":   {strings.Replace(good, "card_approve", "card\xc0\xaf", 1), 400, malformed},
		"half a surrogate pair":              {strings.Replace(good, "card_approve", `card\ud800`, 1), 400, malformed},
		"NUL":                                {strings.Replace(good, "card_approve", `card\u0000`, 1), 400, malformed},
		"byte order mark":                    {"\ufeff" + good, 400, malformed},
		"deep nesting":                       {strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), 400, malformed},
		"deep nesting in a member":           {order(strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000)), 422, invalid},
		"cut off":                            {good[:len(good)-1], 400, malformed},
		"two bodies":                         {good + good, 400, malformed},
		"something after it":                 {good + "x", 400, malformed},
		"no JSON":                            {"currency=GBP", 400, malformed},
		"a comment":                          {good + "// thanks", 400, malformed},
		"NaN":                                {order(line("tea", "NaN")), 400, malformed},
		"a list":                             {"[" + good + "]", 422, invalid},
		"null":                               {"null", 422, invalid},
		"text":                               {`"order"`, 422, invalid},
		"an empty object":                    {"{}", 422, invalid},
		"no body":                            {"", 400, "bad-request"},
		"white space":                        {"  \n", 400, malformed},
		"body above the limit":               {order(line("tea", "1")) + strings.Repeat(" ", 256<<10), 413, "body-too-large"},
	} {
		t.Run(name, func(t *testing.T) {
			w.refuses(t, request{method: http.MethodPost, program: shop.Orders, path: "/v1/orders", who: anna, body: test.body},
				test.status, test.slug, before)
		})
	}
}

func (w *world) refusesRequests(t *testing.T, before state) {
	post := func(who string, headers ...string) request {
		return request{method: http.MethodPost, program: shop.Orders, path: "/v1/orders", who: who, headers: headers, body: good}
	}
	get := func(who, path string) request {
		return request{method: http.MethodGet, program: shop.Orders, path: path, who: who}
	}
	to := func(r request, program, path, body string) request {
		r.program, r.path, r.body = program, path, body
		return r
	}
	large := post(anna)
	large.body += strings.Repeat(" ", 256<<10)
	large.chunked = true
	product := func(sku, name, price, currency string) string {
		return fmt.Sprintf(`{"sku":%q,"name":%q,"price":{"amount":%s,"currency":%q}}`, sku, name, price, currency)
	}
	const products, bulk, receipts = "/v1/products", "/v1/products/bulk", "/v1/stock/receipts"
	for name, test := range map[string]struct {
		request
		status int
		slug   string
	}{
		"no content type":                   {post(anna, "Content-Type", ""), 415, "unsupported-media-type"},
		"content type of a form":            {post(anna, "Content-Type", "application/x-www-form-urlencoded"), 415, "unsupported-media-type"},
		"content type that is none":         {post(anna, "Content-Type", "json;;;"), 415, "unsupported-media-type"},
		"another charset":                   {post(anna, "Content-Type", "application/json; charset=latin1"), 415, "unsupported-media-type"},
		"body above the limit, in chunks":   {large, 413, "body-too-large"},
		"no idempotency key":                {post(anna, "Idempotency-Key", ""), 400, "missing-header"},
		"idempotency key that is too long":  {post(anna, "Idempotency-Key", strings.Repeat("k", 256)), 400, "invalid-idempotency-key"},
		"idempotency key that is not ASCII": {post(anna, "Idempotency-Key", "clé"), 400, "invalid-idempotency-key"},
		"key of an order with another body": {post(anna, "Idempotency-Key", "first", "X", ""), 422, "request-mismatch"},

		"no token":                      {post(nobody), 401, "unauthenticated"},
		"another scheme":                {post(nobody, "Authorization", "Basic YW5uYTphbm5h"), 401, "unauthenticated"},
		"a scheme without a token":      {post(nobody, "Authorization", "Bearer"), 401, "unauthenticated"},
		"babble for a token":            {post(babbler), 401, "invalid-token"},
		"a token that has expired":      {post(late), 401, "invalid-token"},
		"a forged token":                {post(forger), 401, "invalid-token"},
		"a token of forty thousand":     {post(nobody, "Authorization", "Bearer "+strings.Repeat("x", 20_000)), 401, "invalid-token"},
		"a list, without a token":       {get(nobody, "/v1/orders"), 401, "unauthenticated"},
		"an order, with a forged token": {get(forger, w.annas), 401, "invalid-token"},

		"somebody else's order":           {get(eve, w.annas), 404, "order-not-found"},
		"somebody else's timeline":        {get(eve, w.annas+"/timeline"), 404, "order-not-found"},
		"an order of a program":           {post(program), 403, "forbidden"},
		"orders, by a program":            {get(program, "/v1/orders"), 403, "forbidden"},
		"somebody else's list":            {get(eve, "/v1/orders?customer=anna"), 403, "forbidden"},
		"stuck orders, by a shopper":      {get(eve, "/v1/orders?stuck=true"), 403, "forbidden"},
		"a shipment by a shopper":         {to(post(anna, "If-Match", "*"), shop.Orders, w.annas+"/shipments", `{}`), 403, "forbidden"},
		"a refund by a shopper":           {to(post(anna, "If-Match", "*"), shop.Orders, w.annas+"/refunds", `{}`), 403, "forbidden"},
		"a ledger by a shopper":           {get(anna, w.annas+"/ledger"), 403, "forbidden"},
		"a cancel of somebody else":       {to(post(eve, "If-Match", "*"), shop.Orders, w.annas+"/cancellations", `{"reason":"other"}`), 404, "order-not-found"},
		"a shipment without a version":    {to(post(operator), shop.Orders, w.annas+"/shipments", `{}`), 428, "precondition-required"},
		"a shipment of 1,001 lines":       {to(post(operator, "If-Match", "*"), shop.Orders, w.annas+"/shipments", `{"lines":[`+repeat(`{"line":1,"quantity":1}`, 1001)+`]}`), 422, invalid},
		"a shipment of no lines":          {to(post(operator, "If-Match", "*"), shop.Orders, w.annas+"/shipments", `{"lines":[]}`), 422, invalid},
		"a carrier with a bell":           {to(post(operator, "If-Match", "*"), shop.Orders, w.annas+"/shipments", `{"carrier":"a\u0007b"}`), 422, invalid},
		"a refund of less than nothing":   {to(post(operator, "If-Match", "*"), shop.Orders, w.annas+"/refunds", `{"reason":"other","amount":{"amount":-1,"currency":"GBP"}}`), 422, invalid},
		"an order that is none":           {get(anna, "/v1/orders/garbage"), 404, "order-not-found"},
		"an order that nobody has placed": {get(anna, "/v1/orders/6ba7b810-9dad-11d1-80b4-00c04fd430c8"), 404, "order-not-found"},
		"an order of a NUL":               {get(anna, "/v1/orders/%00"), 400, "bad-request"},
		"an order of broken UTF-8":        {get(anna, "/v1/orders/%ff"), 400, "bad-request"},
		"a cursor that is none":           {get(anna, "/v1/orders?cursor=garbage"), 400, "invalid-cursor"},
		"a cursor of broken UTF-8":        {get(anna, "/v1/orders?cursor=%ff"), 400, "bad-request"},
		"a cursor of another list":        {get(operator, "/v1/orders?cursor="+"eyJsIjoib3JkZXJzIn0"), 400, "invalid-cursor"},
		"a forged cursor":                 {get(operator, "/v1/audit/orders?cursor="+cursorOf("audit-orders", `{"id":"no-uuid"}`)), 400, "invalid-cursor"},
		"a forged cursor with a NUL":      {get(operator, "/v1/audit/orders?cursor="+cursorOf("audit-orders", `{"id":"\u0000"}`)), 400, "invalid-cursor"},
		"a forged cursor of payments":     {to(get(operator, ""), shop.Payments, "/v1/audit/payments?cursor="+cursorOf("audit-payments", `{"order_id":"x"}`), ""), 400, "invalid-cursor"},
		"a forged cursor of reservations": {to(get(operator, ""), shop.Inventory, "/v1/audit/reservations?cursor="+cursorOf("audit-reservations", `{"order_id":"x"}`), ""), 400, "invalid-cursor"},
		"a filter that does not parse":    {get(operator, "/v1/orders?customer=anna;x=1"), 400, "invalid-query"},
		"a filter that comes twice":       {get(operator, "/v1/orders?customer=anna&customer=eve"), 400, "invalid-query"},
		"a filter without a value":        {get(operator, "/v1/orders?customer="), 400, "invalid-query"},
		"a page of nothing":               {get(anna, "/v1/orders?limit=0"), 422, invalid},
		"a page of everything":            {get(anna, "/v1/orders?limit=1000000"), 422, invalid},
		"a page of some":                  {get(anna, "/v1/orders?limit=some"), 422, invalid},
		"a status that is none":           {get(anna, "/v1/orders?status=nice"), 422, invalid},
		"a parameter that is none":        {get(anna, "/v1/orders?sort=price"), 400, "invalid-query"},
		"a method that is none":           {request{method: "BREW", program: shop.Orders, path: "/v1/orders", who: anna}, 405, "method-not-allowed"},
		"DELETE":                          {request{method: http.MethodDelete, program: shop.Orders, path: w.annas, who: anna}, 405, "method-not-allowed"},
		"PUT":                             {request{method: http.MethodPut, program: shop.Orders, path: w.annas, who: anna, body: good}, 405, "method-not-allowed"},
		"a path that is none":             {get(anna, "/v1/orderz"), 404, "not-found"},
		"a path that climbs":              {get(anna, "/v1/orders/..%2f..%2fetc%2fpasswd"), 404, "order-not-found"},

		"a product by a shopper":           {to(post(anna), shop.Catalog, products, product("cup", "Cup", "100", "GBP")), 403, "forbidden"},
		"a product at a negative price":    {to(post(operator), shop.Catalog, products, product("cup", "Cup", "-1", "GBP")), 422, invalid},
		"a product above the highest":      {to(post(operator), shop.Catalog, products, product("cup", "Cup", "9007199254740992", "GBP")), 422, invalid},
		"a product in no currency":         {to(post(operator), shop.Catalog, products, product("cup", "Cup", "1", "ABC")), 422, invalid},
		"a product without a name":         {to(post(operator), shop.Catalog, products, product("cup", "", "1", "GBP")), 422, invalid},
		"a product with a path for a SKU":  {to(post(operator), shop.Catalog, products, product("../cup", "Cup", "1", "GBP")), 422, invalid},
		"another product of a SKU":         {to(post(operator), shop.Catalog, products, product("tea", "Coffee", "1", "GBP")), 409, "product-exists"},
		"no products":                      {to(post(operator), shop.Catalog, bulk, `{"products":[]}`), 422, invalid},
		"1,001 products":                   {to(post(operator), shop.Catalog, bulk, `{"products":[`+repeat(product("cup", "Cup", "1", "GBP"), 1001)+`]}`), 422, invalid},
		"a bad product among good ones":    {to(post(operator), shop.Catalog, bulk, `{"products":[`+product("cup", "Cup", "1", "GBP")+`,`+product("pot", "Pot", "-1", "GBP")+`]}`), 422, invalid},
		"a product that nobody sells":      {to(get(anna, ""), shop.Catalog, products+"/unicorn", ""), 404, "product-not-found"},
		"a cursor of products that is not": {to(get(anna, ""), shop.Catalog, products+"?cursor=garbage", ""), 400, "invalid-cursor"},

		"a delivery by a shopper":            {to(post(anna), shop.Inventory, receipts, `{"lines":[`+line("tea", "1")+`]}`), 403, "forbidden"},
		"a delivery of nothing":              {to(post(operator), shop.Inventory, receipts, `{"lines":[]}`), 422, invalid},
		"a delivery of zero":                 {to(post(operator), shop.Inventory, receipts, `{"lines":[`+line("tea", "0")+`]}`), 422, invalid},
		"a delivery that takes away":         {to(post(operator), shop.Inventory, receipts, `{"lines":[`+line("tea", "1")+`,`+line("tea", "-5")+`]}`), 422, invalid},
		"a delivery above the limit":         {to(post(operator), shop.Inventory, receipts, `{"lines":[`+line("tea", "100001")+`]}`), 422, invalid},
		"a delivery of 1,001 lines":          {to(post(operator), shop.Inventory, receipts, `{"lines":[`+repeat(line("tea", "1"), 1001)+`]}`), 422, invalid},
		"a delivery without a key":           {to(post(operator, "Idempotency-Key", ""), shop.Inventory, receipts, `{"lines":[`+line("tea", "1")+`]}`), 400, "missing-header"},
		"a delivery with another's key":      {to(post(operator, "Idempotency-Key", "first-delivery-of-tea"), shop.Inventory, receipts, `{"lines":[`+line("tea", "1")+`]}`), 422, "request-mismatch"},
		"a delivery, in a member of no name": {to(post(operator), shop.Inventory, receipts, `{"lines":[`+line("tea", "1")+`],"":1}`), 422, invalid},
		"stock of broken UTF-8":              {to(get(anna, ""), shop.Inventory, "/v1/stock/%ff", ""), 400, "bad-request"},
		"movements, by a shopper":            {to(get(anna, ""), shop.Inventory, "/v1/stock/tea/movements", ""), 403, "forbidden"},

		"a payment, by a shopper":  {to(get(anna, ""), shop.Payments, strings.Replace(w.annas, "orders", "payments", 1), ""), 403, "forbidden"},
		"a payment of no order":    {to(get(operator, ""), shop.Payments, "/v1/payments/garbage", ""), 422, invalid},
		"payments, with no method": {to(post(operator), shop.Payments, strings.Replace(w.annas, "orders", "payments", 1), "{}"), 405, "method-not-allowed"},
	} {
		if name == "key of an order with another body" {
			test.body = order(line("tea", "2"))
		}
		t.Run(name, func(t *testing.T) { w.refuses(t, test.request, test.status, test.slug, before) })
	}
}
