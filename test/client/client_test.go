// Package client_test uses the Go client on a whole shop of real programs.
package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// programs that have a REST API.
var programs = []string{shop.Orders, shop.Catalog, shop.Inventory, shop.Payments}

func connect(t *testing.T, s *shop.Shop, subject string, scopes ...string) *client.Client {
	t.Helper()
	token := testkit.Token(t, subject, scopes...)
	c, err := client.New(client.Config{
		Orders: s.URL(shop.Orders), Catalog: s.URL(shop.Catalog), Inventory: s.URL(shop.Inventory), Payments: s.URL(shop.Payments),
		Token: client.StaticToken(token),
	})
	require.NoError(t, err)
	return c
}

func TestTheClient(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	operator, anna := connect(t, s, "operator", auth.ScopeOperator), connect(t, s, "anna")
	ctx := t.Context()

	t.Run("knows every operation and every member of its answers", func(t *testing.T) { covers(t, s) })

	t.Run("puts products on sale and changes them", func(t *testing.T) {
		tea := client.NewProduct{SKU: "tea", Name: "Tea", Price: client.Money{Amount: 450, Currency: "GBP"}}
		made, created, err := operator.CreateProduct(ctx, tea)
		require.NoError(t, err)
		assert.True(t, created)
		assert.Equal(t, "Tea", made.Name)
		_, created, err = operator.CreateProduct(ctx, tea)
		require.NoError(t, err)
		assert.False(t, created)
		tea.Name = "Another"
		_, _, err = operator.CreateProduct(ctx, tea)
		var refused *client.Refused
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, client.ProductExists, refused.Reason)

		outcomes, err := operator.CreateProducts(ctx, []client.NewProduct{
			{SKU: "mug", Name: "Mug", Price: client.Money{Amount: 900, Currency: "GBP"}}, tea,
		})
		require.NoError(t, err)
		assert.Equal(t, []client.ProductOutcome{{SKU: "mug", Outcome: client.Created}, {SKU: "tea", Outcome: client.Conflict}}, outcomes)

		change := client.ProductDetails{Name: "Large mug", Description: "Holds tea."}
		seen := read(t, operator, "mug")
		changed, err := operator.ChangeProduct(ctx, "mug", seen.ETag, change)
		require.NoError(t, err)
		assert.Equal(t, "Large mug", changed.Name)
		change.Name = "Cup"
		_, err = operator.ChangeProduct(ctx, "mug", seen.ETag, change)
		assert.Equal(t, http.StatusPreconditionFailed, status(t, err), "somebody changed it since")
		testkit.Eventually(t, "the list to show the new name", func() bool {
			var names []string
			for product, err := range anna.Products(ctx) {
				if err != nil {
					return false
				}
				names = append(names, product.Name)
			}
			return slices.Equal(names, []string{"Large mug", "Tea"})
		})
		seen = read(t, operator, "tea")
		later := time.Now().Add(time.Hour).Truncate(time.Second)
		price, err := operator.ChangePrice(ctx, "tea", seen.ETag, client.Money{Amount: 500, Currency: "GBP"}, later)
		require.NoError(t, err)
		assert.True(t, price.Scheduled)
		assert.True(t, price.From.Equal(later))
		prices, err := operator.ProductPrices(ctx, "tea", client.PageRequest{})
		require.NoError(t, err)
		require.Len(t, prices.Items, 2)
		assert.Equal(t, *price, prices.Items[0])
		require.NoError(t, operator.WithdrawPrice(ctx, "tea", later))
		assert.Equal(t, http.StatusNotFound, status(t, operator.WithdrawPrice(ctx, "tea", later)))
		price, err = operator.ChangePrice(ctx, "tea", seen.ETag, seen.Price, time.Time{})
		require.NoError(t, err)
		assert.False(t, price.Scheduled)
		retired, err := operator.RetireProduct(ctx, "tea", seen.ETag)
		require.NoError(t, err)
		assert.False(t, retired.Active)
		restored, err := operator.RestoreProduct(ctx, "tea", retired.ETag)
		require.NoError(t, err)
		assert.True(t, restored.Active)
		found, err := anna.Availability(ctx, "tea")
		require.NoError(t, err)
		assert.Equal(t, "tea", found.SKU)
		_, err = operator.Product(ctx, "unknown")
		assert.Equal(t, http.StatusNotFound, status(t, err))
	})

	t.Run("imports a file, and tells what is wrong with one", func(t *testing.T) {
		file := []byte("sku,name,price,currency\nspoon,Spoon,1.50,GBP\nfork,Fork,1.50,GBP\n")
		var sent atomic.Int64
		report, err := operator.ImportProducts(ctx, client.CSV, file, func(bytes int) { sent.Store(int64(bytes)) })
		require.NoError(t, err)
		assert.Equal(t, &client.ImportReport{Created: 2}, report)
		assert.EqualValues(t, len(file), sent.Load())
		_, err = operator.ImportProducts(ctx, client.JSONLines, []byte(`{"sku":"spoon","name":""}`), nil)
		var problem *client.Problem
		require.ErrorAs(t, err, &problem)
		assert.Equal(t, "row 1: name", problem.Errors[0].Field)
		told, err := operator.AnnounceProducts(ctx, "")
		require.NoError(t, err)
		assert.Equal(t, 4, told.Announced)
		told, err = operator.AnnounceStock(ctx, "")
		require.NoError(t, err)
		assert.Empty(t, told.Next)
	})

	t.Run("sorts products by a tree of categories", func(t *testing.T) {
		_, created, err := operator.CreateCategory(ctx, client.NewCategory{ID: "home", Name: "Home"})
		require.NoError(t, err)
		assert.True(t, created)
		drinks, _, err := operator.CreateCategory(ctx, client.NewCategory{ID: "drinks", Name: "Drinks", Parent: "home"})
		require.NoError(t, err)
		coffee := client.NewProduct{
			SKU: "coffee", Name: "Coffee", Price: client.Money{Amount: 500, Currency: "GBP"},
			Categories: []string{"drinks"}, Images: []client.Image{{URL: "https://images.example.com/coffee.jpg", Alt: "Coffee"}},
		}
		made, _, err := operator.CreateProduct(ctx, coffee)
		require.NoError(t, err)
		assert.Equal(t, []string{"home/drinks"}, made.CategoryPaths)
		assert.Equal(t, coffee.Images, made.Images)
		moved, err := operator.ChangeCategory(ctx, "drinks", drinks.ETag(), client.CategoryChange{Name: "Drinks"})
		require.NoError(t, err)
		testkit.Eventually(t, "the product's path to follow", func() bool {
			product, err := anna.Product(ctx, "coffee")
			return err == nil && slices.Equal(product.CategoryPaths, []string{"drinks"})
		})
		var problem *client.Problem
		require.ErrorAs(t, operator.DeleteCategory(ctx, "drinks", moved.ETag()), &problem)
		assert.Equal(t, http.StatusConflict, problem.Status)
		tree, err := anna.Categories(ctx)
		require.NoError(t, err)
		require.Len(t, tree, 2)
		assert.Equal(t, *moved, tree[0])
		require.NoError(t, operator.DeleteCategory(ctx, "home", tree[1].ETag()))
	})

	t.Run("receives stock once under a key", func(t *testing.T) {
		arrived := client.Delivery{Key: "delivery", Lines: []client.NewLine{{SKU: "tea", Quantity: 10}}}
		first, err := operator.ReceiveStock(ctx, arrived)
		require.NoError(t, err)
		assert.False(t, first.Replayed)
		again, err := operator.ReceiveStock(ctx, arrived)
		require.NoError(t, err)
		assert.True(t, again.Replayed)
		assert.Equal(t, first.ID, again.ID)
		level, err := anna.Stock(ctx, "tea")
		require.NoError(t, err)
		assert.EqualValues(t, 10, level.Available)
		_, err = anna.ReceiveStock(ctx, arrived)
		assert.Equal(t, http.StatusForbidden, status(t, err))
	})

	basket := client.NewOrder{Wait: client.MaxWait, Currency: "GBP", PaymentMethod: "card_approve", Lines: []client.NewLine{{SKU: "tea", Quantity: 2}}}
	var confirmed *client.PlacedOrder
	t.Run("places an order, once under a key", func(t *testing.T) {
		var err error
		confirmed, err = anna.PlaceOrder(ctx, basket)
		require.NoError(t, err)
		assert.Equal(t, client.Confirmed, confirmed.Status)
		assert.Equal(t, client.Money{Amount: 900, Currency: "GBP"}, confirmed.Total)
		same := basket
		same.Key = confirmed.Key
		again, err := anna.PlaceOrder(ctx, same)
		require.NoError(t, err)
		assert.True(t, again.Replayed)
		assert.Equal(t, confirmed.Order, again.Order)
		same.Lines = []client.NewLine{{SKU: "tea", Quantity: 3}}
		_, err = anna.PlaceOrder(ctx, same)
		assert.Equal(t, refusals.RequestMismatch, reason(t, err))
	})

	t.Run("searches products and orders", func(t *testing.T) {
		testkit.Eventually(t, "the tea in stock to be found", func() bool {
			found, err := anna.SearchProducts(ctx, client.ProductSearch{
				Text: "teas", Currency: "GBP", Availability: client.InStock, MinPrice: 400, MaxPrice: 500, Sort: "price",
			}, client.PageRequest{Limit: 5})
			return err == nil && found.Total == 1 && found.Products[0].SKU == "tea" && found.Products[0].Stock.Available == 8
		})
		suggested, err := anna.SuggestProducts(ctx, "te", 3)
		require.NoError(t, err)
		assert.Equal(t, []client.ProductSuggestion{{Name: "Tea", SKU: "tea", Highlight: "<mark>Tea</mark>"}}, suggested)

		stuck := false
		search := client.OrderSearch{
			Number: confirmed.ID, Customer: "anna", SKU: "tea", Currency: "GBP", MinTotal: 900, MaxTotal: 900, Stuck: &stuck,
			PlacedFrom: confirmed.PlacedAt, PlacedBefore: confirmed.PlacedAt.Add(time.Second), Sort: "newest",
		}
		testkit.Eventually(t, "the order to be found", func() bool {
			found, err := operator.SearchOrders(ctx, search, client.PageRequest{})
			return err == nil && found.Total == 1 && found.Orders[0].ID == confirmed.ID
		})
		for _, rebuild := range []struct {
			begin, look func(context.Context) (*client.Rebuild, error)
		}{
			{operator.RebuildProductSearch, operator.ProductSearchRebuild}, {operator.RebuildOrderSearch, operator.OrderSearchRebuild},
		} {
			begun, err := rebuild.begin(ctx)
			require.NoError(t, err)
			testkit.Eventually(t, "the new index to be live", func() bool {
				now, err := rebuild.look(ctx)
				return err == nil && now.Generation >= begun.Generation && now.Generation > 1 && now.State == "live" && now.Done == now.Total
			})
		}
		_, err = anna.SearchOrders(ctx, search, client.PageRequest{})
		assert.Equal(t, http.StatusForbidden, status(t, err))
	})

	t.Run("says why an order is refused, at once and later", func(t *testing.T) {
		declined := basket
		declined.PaymentMethod = "card_expired"
		_, err := anna.PlaceOrder(ctx, declined)
		var refused *client.Refused
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, refusals.PaymentDeclined, refused.Reason)
		assert.Equal(t, "expired_card", refused.DeclineCode)
		order, err := anna.Order(ctx, refused.OrderID)
		require.NoError(t, err)
		require.ErrorAs(t, order.Err(), &refused)
		assert.Equal(t, "expired_card", refused.DeclineCode)

		short := basket
		short.Lines = []client.NewLine{{SKU: "tea", Quantity: 100}}
		_, err = anna.PlaceOrder(ctx, short)
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, []refusals.Shortage{{SKU: "tea", Requested: 100, Available: 8}}, refused.Shortages)
		unknown := basket
		unknown.Lines = []client.NewLine{{SKU: "rum", Quantity: 1}}
		_, err = anna.PlaceOrder(ctx, unknown)
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, []string{"rum"}, refused.SKUs)
		dear := basket
		dear.ExpectedTotal = &client.Money{Amount: 1, Currency: "GBP"}
		_, err = anna.PlaceOrder(ctx, dear)
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, client.PriceChanged, refused.Reason)
		assert.Equal(t, &client.Money{Amount: 900, Currency: "GBP"}, refused.Total)
	})

	t.Run("waits for an order that takes its time", func(t *testing.T) {
		slow := basket
		slow.PaymentMethod, slow.Wait = "card_slow", -1
		s.Stop(shop.Worker) // or the order could be settled before the answer is written
		placed, err := anna.PlaceOrder(ctx, slow)
		require.NoError(t, err)
		require.False(t, placed.Settled())
		s.Start(shop.Worker)
		testkit.Eventually(t, "the order to be recorded", func() bool { _, err := anna.Order(ctx, placed.ID); return err == nil })
		order, err := anna.AwaitOrder(ctx, placed.ID)
		require.NoError(t, err)
		assert.Equal(t, client.Confirmed, order.Status)

		slow.PaymentMethod = "card_declined"
		soon, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		_, err = anna.PlaceOrderAndWait(soon, slow)
		assert.Equal(t, refusals.PaymentDeclined, reason(t, err))
	})

	t.Run("reads what became of an order", func(t *testing.T) {
		story, err := anna.Timeline(ctx, confirmed.ID)
		require.NoError(t, err)
		assert.Equal(t, "OrderPlaced", story.Entries[0].Type)
		testkit.Eventually(t, "the order in the list of the confirmed", func() bool {
			found := false
			for order, err := range operator.Orders(ctx, client.OrderFilter{Status: client.Confirmed, Customer: "anna"}) {
				if err != nil {
					return false
				}
				found = found || order.ID == confirmed.ID
			}
			return found
		})
		payment, err := operator.Payment(ctx, confirmed.ID)
		require.NoError(t, err)
		assert.Equal(t, "authorized", payment.Status)
		var kinds []string
		for movement, err := range operator.Movements(ctx, "tea") {
			require.NoError(t, err)
			kinds = append(kinds, movement.Kind)
		}
		assert.Equal(t, "receive", kinds[len(kinds)-1])
		_, err = connect(t, s, "bert").Order(ctx, confirmed.ID)
		assert.Equal(t, http.StatusNotFound, status(t, err))
	})

	t.Run("cancels", func(t *testing.T) {
		placed, err := anna.PlaceOrder(ctx, client.NewOrder{Wait: client.MaxWait, Currency: "GBP", Lines: []client.NewLine{{SKU: "tea", Quantity: 2}}, PaymentMethod: "card_approve"})
		require.NoError(t, err)
		preview, err := anna.PreviewCancellation(ctx, placed.ID, client.NewCancellation{Lines: []client.LineUnits{{Line: 1, Quantity: 1}}})
		require.NoError(t, err)
		require.EqualValues(t, 450, preview.Amount.Amount)
		done, err := anna.CancelOrder(ctx, placed.ID, client.NewCancellation{Wait: client.MaxWait, ETag: preview.ETag, Lines: preview.Lines, Reason: "customer"})
		require.NoError(t, err)
		assert.Equal(t, "done", done.Status)
		_, err = anna.CancelOrder(ctx, placed.ID, client.NewCancellation{ETag: preview.ETag, Reason: "customer"})
		assert.Equal(t, http.StatusPreconditionFailed, status(t, err))
		found, err := anna.Cancellation(ctx, placed.ID, done.ID)
		require.NoError(t, err)
		assert.Equal(t, done, found)
	})

	t.Run("ships, refunds and settles what is owed", func(t *testing.T) { shipsAndRefunds(t, anna, operator) })

	t.Run("audits", func(t *testing.T) {
		audited, err := operator.AuditOrdersByID(ctx, []string{confirmed.ID})
		require.NoError(t, err)
		require.Len(t, audited, 1)
		assert.EqualValues(t, 2, audited[0].Units)
		reserved, err := operator.AuditReservationsByID(ctx, []string{confirmed.ID})
		require.NoError(t, err)
		assert.EqualValues(t, 2, reserved[0].Allocated)
		paid, err := operator.AuditPaymentsByID(ctx, []string{confirmed.ID})
		require.NoError(t, err)
		assert.EqualValues(t, 900, paid[0].Amount)
	})

	t.Run("tells a token that is none from a service that is none", func(t *testing.T) {
		anonymous, err := client.New(client.Config{Orders: s.URL(shop.Orders), Token: client.StaticToken("none"), Tries: 1})
		require.NoError(t, err)
		_, err = anonymous.Order(ctx, confirmed.ID)
		assert.Equal(t, http.StatusUnauthorized, status(t, err))
		nobody, err := client.New(client.Config{Orders: fmt.Sprintf("http://127.0.0.1:%d", testkit.FreePort(t)), Tries: 1})
		require.NoError(t, err)
		_, err = nobody.Order(ctx, confirmed.ID)
		var silent *client.Unreachable
		require.ErrorAs(t, err, &silent)
	})
}

// shipsAndRefunds takes an order whose refunds fail to its end.
func shipsAndRefunds(t *testing.T, shopper, operator *client.Client) {
	t.Helper()
	ctx := t.Context()
	placed, err := shopper.PlaceOrder(ctx, client.NewOrder{Wait: client.MaxWait, Currency: "GBP", Lines: []client.NewLine{{SKU: "tea", Quantity: 2}}, PaymentMethod: "card_refund_declined"})
	require.NoError(t, err)
	_, err = shopper.PreviewShipment(ctx, placed.ID, nil)
	assert.Equal(t, http.StatusForbidden, status(t, err))

	preview, err := operator.PreviewShipment(ctx, placed.ID, []client.LineUnits{{Line: 1, Quantity: 1}})
	require.NoError(t, err)
	assert.EqualValues(t, 450, preview.Captured.Amount)
	assert.False(t, preview.Last)
	wanted := client.NewShipment{Wait: client.MaxWait, Key: "parcel-1", ETag: preview.ETag, Lines: preview.Lines, Carrier: "Mail"}
	shipment, err := operator.ShipOrder(ctx, placed.ID, wanted)
	require.NoError(t, err)
	assert.Equal(t, "shipped", shipment.Status)
	again, err := operator.ShipOrder(ctx, placed.ID, wanted)
	require.NoError(t, err)
	assert.Equal(t, shipment, again)
	tracking := "T1"
	delivered, err := operator.UpdateShipment(ctx, placed.ID, shipment.ID, client.ShipmentChange{Tracking: &tracking, Delivered: true})
	require.NoError(t, err)
	assert.Equal(t, "delivered", delivered.Status)
	assert.Equal(t, "Mail", delivered.Carrier)
	found, err := shopper.Shipment(ctx, placed.ID, shipment.ID)
	require.NoError(t, err)
	assert.Equal(t, "T1", found.Tracking)
	_, err = operator.PreviewShipment(ctx, placed.ID, []client.LineUnits{{Line: 1, Quantity: 2}})
	assert.Equal(t, refusals.UnitsNotShippable, reason(t, err))

	goodwill := client.NewRefund{Wait: client.MaxWait, ETag: "*", Amount: &client.Money{Amount: 100, Currency: "GBP"}, Reason: "goodwill"}
	effect, err := operator.PreviewRefund(ctx, placed.ID, goodwill)
	require.NoError(t, err)
	assert.Equal(t, *goodwill.Amount, effect.Amount)
	goodwill.ETag = effect.ETag
	refund, err := operator.RefundOrder(ctx, placed.ID, goodwill)
	require.NoError(t, err)
	assert.Equal(t, "failed", refund.Status)
	assert.Equal(t, goodwill.Amount, refund.Owed)
	shown, err := shopper.Refund(ctx, placed.ID, refund.ID)
	require.NoError(t, err)
	assert.Equal(t, goodwill.Amount, shown.Owed)
	retry, err := operator.RefundOrder(ctx, placed.ID, client.NewRefund{Wait: client.MaxWait, ETag: "*", Retries: refund.ID, Reason: "retry"})
	require.NoError(t, err)
	assert.Equal(t, "failed", retry.Status)
	_, err = operator.RefundOrder(ctx, placed.ID, client.NewRefund{ETag: "*", Amount: &client.Money{Amount: 351, Currency: "GBP"}, Reason: "other"})
	assert.Equal(t, refusals.RefundExceedsCaptured, reason(t, err), "what is owed is not given back twice")

	ledger, err := operator.OrderLedger(ctx, placed.ID)
	require.NoError(t, err)
	assert.Equal(t, []client.Debt{{Request: refund.ID, Amount: 100}}, ledger.Debts)
	ledger, err = operator.SettleDebt(ctx, placed.ID, retry.ID, "bank transfer")
	require.NoError(t, err)
	assert.Empty(t, ledger.Debts)
	rest, err := operator.ShipOrder(ctx, placed.ID, client.NewShipment{Wait: client.MaxWait, ETag: "*"})
	require.NoError(t, err)
	assert.Equal(t, "shipped", rest.Status)
	order, err := shopper.Order(ctx, placed.ID)
	require.NoError(t, err)
	assert.True(t, order.Completed)
}

// read waits until the read side has a product.
func read(t *testing.T, c *client.Client, sku string) (product *client.Product) {
	t.Helper()
	testkit.Eventually(t, "the product "+sku, func() bool {
		found, err := c.Product(t.Context(), sku)
		product = found
		return err == nil
	})
	return product
}

func status(t *testing.T, err error) int {
	t.Helper()
	var problem *client.Problem
	require.ErrorAs(t, err, &problem)
	return problem.Status
}

func reason(t *testing.T, err error) string {
	t.Helper()
	var refused *client.Refused
	require.ErrorAs(t, err, &refused)
	return refused.Reason
}

// answers is what the client makes of each operation's answer, nil when that has no body. An operation that is not here has no
// method of the client, or nobody has said which.
var answers = map[string]any{
	"place-order":          client.Order{},
	"get-order":            client.Order{},
	"cancel-order":         client.Cancellation{},
	"get-cancellation":     client.Cancellation{},
	"preview-cancellation": client.CancellationPreview{},
	"ship-order":           client.Shipment{},
	"get-shipment":         client.Shipment{},
	"update-shipment":      client.Shipment{},
	"preview-shipment":     client.ShipmentPreview{},
	"refund-order":         client.Refund{},
	"get-refund":           client.Refund{},
	"preview-refund":       client.RefundPreview{},
	"get-order-ledger":     client.OrderLedger{},
	"settle-debt":          client.OrderLedger{},
	"get-order-timeline":   client.Timeline{},
	"list-orders":          list{"orders": client.OrderSummary{}, "behind": nil, "behind_seconds": nil},
	"create-product":       client.Product{},
	"create-products":      list{"products": client.ProductOutcome{}},
	"change-product":       client.Product{},
	"change-price":         client.ProductPrice{},
	"list-prices":          list{"prices": client.ProductPrice{}},
	"withdraw-price":       nil,
	"retire-product":       client.Product{},
	"restore-product":      client.Product{},
	"get-availability":     client.Availability{},
	"import-products":      client.ImportReport{},
	"announce-products":    client.Announced{},
	"announce-stock":       client.Announced{},
	"get-product":          client.Product{},
	"list-products":        list{"products": client.Product{}, "behind": nil, "behind_seconds": nil},
	"search-products":      client.FoundProducts{},
	"suggest-products":     list{"suggestions": client.ProductSuggestion{}},
	"search-orders":        client.FoundOrders{},

	"why-order":    client.Why{},
	"list-causes":  client.Causes{},
	"list-stuck":   list{"orders": client.StuckOrder{}, "more": nil, "blind": nil},
	"act-on-order": client.DoneAct{},
	"resume-sagas": client.Resumption{},

	"rebuild-products-search":     client.Rebuild{},
	"get-products-search-rebuild": client.Rebuild{},
	"rebuild-orders-search":       client.Rebuild{},
	"get-orders-search-rebuild":   client.Rebuild{},

	"create-category":      client.Category{},
	"change-category":      client.Category{},
	"delete-category":      nil,
	"list-categories":      list{"categories": client.Category{}},
	"receive-stock":        client.Receipt{},
	"get-stock":            client.Stock{},
	"list-stock-movements": list{"movements": client.Movement{}},
	"get-payment":          client.Payment{},
	"get-ledger":           client.Ledger{},
	"audit-provider":       client.ProviderPage{},
	"audit-orders":         list{"orders": client.AuditOrder{}, "unreadable": client.UnreadableOrder{}},
	"audit-reservations":   list{"reservations": client.AuditReservation{}},
	"audit-payments":       list{"payments": client.AuditPayment{}, "reconciled": nil},
	"audit-products":       list{"products": client.AuditProduct{}},
	"audit-levels":         list{"levels": client.AuditLevel{}},
	"audit-stock":          client.AuditStock{},
	"audit-read-model":     client.ReadModelPage{},
	"audit-delivery":       client.EventDelivery{},
	"rebuild-orders":       client.Rebuild{},
	"rebuild-products":     client.Rebuild{},
	"get-products-rebuild": client.Rebuild{},
	"get-orders-rebuild":   client.Rebuild{},
}

// list is an answer that the client returns in parts: the type of a member's items, or nil for a
// value.
type list map[string]any

// schema is a JSON Schema, as far as it is looked at.
type schema struct {
	Ref        string            `json:"$ref"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
}

// covers holds the client against what the services say of themselves.
func covers(t *testing.T, s *shop.Shop) {
	t.Helper()
	for _, program := range programs {
		description := describe(t, s.URL(program)+"/openapi.json")
		for path, methods := range description.Paths {
			for method, operation := range methods {
				known, has := answers[operation.ID]
				if !has {
					t.Errorf("%s %s of %s (%s): the client has no such operation", method, path, program, operation.ID)
					continue
				}
				for code, response := range operation.Responses {
					if code == "204" {
						assert.Nil(t, known, "%s has no answer to read", operation.ID)
					} else if code[0] == '2' {
						description.compare(t, operation.ID, response.Content["application/json"].Schema, known)
					}
				}
			}
		}
	}
}

type description struct {
	Paths map[string]map[string]struct {
		ID        string `json:"operationId"`
		Responses map[string]struct {
			Content map[string]struct {
				Schema schema `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

func describe(t *testing.T, url string) (d description) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &d), "%s", url)
	require.NotEmpty(t, d.Paths, "%s", url)
	return d
}

// compare finds the members of an answer that the client's type does not have.
func (d description) compare(t *testing.T, where string, s schema, known any) {
	t.Helper()
	properties := d.resolve(s).Properties
	require.NotEmpty(t, properties, where)
	parts, isList := known.(list)
	for name, property := range properties {
		if name == "$schema" || isList && name == "next_cursor" {
			continue
		}
		var member reflect.Type
		if isList {
			part, has := parts[name]
			if !has {
				t.Errorf("%s: the client does not read %q", where, name)
			}
			member = reflect.TypeOf(part)
		} else {
			var has bool
			if member, has = memberOf(reflect.TypeOf(known), name); !has {
				t.Errorf("%s: %T does not have the member %q", where, known, name)
			}
		}
		d.compareDeep(t, where+"."+name, property, member)
	}
}

func (d description) compareDeep(t *testing.T, where string, s schema, member reflect.Type) {
	t.Helper()
	if s = d.resolve(s); s.Items != nil {
		s = d.resolve(*s.Items)
	}
	for member != nil && (member.Kind() == reflect.Pointer || member.Kind() == reflect.Slice) {
		member = member.Elem()
	}
	if len(s.Properties) > 0 && member != nil && member.Kind() == reflect.Struct {
		d.compare(t, where, s, reflect.Zero(member).Interface())
	}
}

func (d description) resolve(s schema) schema {
	if name, is := strings.CutPrefix(s.Ref, "#/components/schemas/"); is {
		return d.Components.Schemas[name]
	}
	return s
}

// memberOf is the type of the field that a member of JSON is read into.
func memberOf(of reflect.Type, name string) (reflect.Type, bool) {
	for _, field := range reflect.VisibleFields(of) {
		if tag, _, _ := strings.Cut(field.Tag.Get("json"), ","); tag == name {
			return field.Type, true
		}
	}
	return nil, false
}
