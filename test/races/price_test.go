package races_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// prices is everything a product's price ever was. Each version has a price of its own, so that a
// price in an order says which version it was.
type prices struct {
	mu   sync.Mutex
	said []stood // by version, from 1
}

// stood is one price. Somewhere between asked and answered it began to be the price; so did the
// next one, and ended this.
type stood struct {
	amount          int64
	asked, answered time.Time
}

// between tells whether an amount may have been the price at some moment of an interval.
func (p *prices) between(amount int64, from, to time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, price := range p.said {
		if price.amount == amount {
			last := i == len(p.said)-1
			return price.asked.Before(to) && (last || p.said[i+1].answered.After(from))
		}
	}
	return false
}

func (p *prices) newest() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said[len(p.said)-1].amount
}

// change gives the product its next price, up and down in turn, as an operator who has seen the
// version before.
func (p *prices) change(t *testing.T, operator *shop.Person, sku string) {
	t.Helper()
	p.mu.Lock()
	seen := len(p.said)
	p.mu.Unlock()
	amount := int64(1000 + seen)
	if seen%2 == 1 {
		amount += 500
	}
	asked := time.Now()
	// Whoever is quoted the price before the operator is answered finds it here.
	p.mu.Lock()
	p.said = append(p.said, stood{amount: amount, asked: asked, answered: asked.Add(time.Hour)})
	p.mu.Unlock()
	answer := operator.Post(shop.Catalog, "/v1/products/"+sku+"/prices", shop.Money{Amount: amount, Currency: "GBP"},
		"If-Match", fmt.Sprintf(`"%d"`, seen))
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said[seen].answered = time.Now()
}

// bought is an order that was confirmed.
type bought struct {
	who      *shop.Person
	key      string
	basket   shop.Basket
	id       string
	from, to time.Time // of its placement
	answer   pricedOrder
}

// pricedOrder is what an order shows of its prices.
type pricedOrder struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Lines  []struct {
		SKU       string     `json:"sku"`
		Quantity  int64      `json:"quantity"`
		UnitPrice shop.Money `json:"unit_price"`
	} `json:"lines"`
	Adjustments []struct{} `json:"adjustments"`
	Total       shop.Money `json:"total"`
}

// place sends the order once. It tells whether it was confirmed and its total; or, when that is not
// the expected one, what it would be.
func (b *bought) place(t *testing.T) (confirmed bool, total int64) {
	t.Helper()
	b.from = time.Now()
	answer, err := b.who.TryPlace(b.key, b.basket, patiently...)
	b.to = time.Now()
	if !assert.NoError(t, err) {
		return false, 0
	}
	if answer.Status == http.StatusConflict && b.basket.ExpectedTotal != nil {
		var problem struct {
			Type  string     `json:"type"`
			Total shop.Money `json:"total"`
		}
		assert.NoError(t, answer.Into(&problem))
		assert.Equal(t, "price-changed", lastPart(problem.Type), "%s", answer)
		assert.NotEqual(t, *b.basket.ExpectedTotal, problem.Total, "nobody is refused the total they expect")
		return false, problem.Total.Amount
	}
	if !assert.Equal(t, http.StatusCreated, answer.Status, "%s: %s", b.key, answer) {
		return false, 0
	}
	assert.NoError(t, answer.Into(&b.answer))
	b.id = b.answer.ID
	return true, b.answer.Total.Amount
}

// isPriced checks an order's prices against what the prices were meanwhile.
func (b *bought) isPriced(t *testing.T, p *prices) {
	t.Helper()
	require.Len(t, b.answer.Lines, len(b.basket.Lines))
	var sum int64
	for i, line := range b.answer.Lines {
		assert.Equal(t, b.basket.Lines[i], shop.Line{SKU: line.SKU, Quantity: line.Quantity})
		assert.True(t, p.between(line.UnitPrice.Amount, b.from, b.to),
			"order %s has a price of %d, which did not stand at any moment of its placement", b.key, line.UnitPrice.Amount)
		assert.Equal(t, b.answer.Lines[0].UnitPrice, line.UnitPrice, "an order sees one price of a product")
		sum += line.Quantity * line.UnitPrice.Amount
	}
	assert.Equal(t, shop.Money{Amount: sum, Currency: "GBP"}, b.answer.Total, "the total of %s is that of its lines", b.key)
	if expected := b.basket.ExpectedTotal; expected != nil {
		assert.Equal(t, *expected, b.answer.Total, "%s was confirmed at what the customer expected", b.key)
	}
}

// TestAPriceThatChangesDuringPlacement has shoppers order one product without pause while the
// operator changes its price with every other order: some take it at whatever price, some only at
// the price they saw, and ask again at the new one.
func TestAPriceThatChangesDuringPlacement(t *testing.T) {
	const sku, shoppers, each, units = "umbrella", 6, 9, 10_000
	s := shop.Open(t, shop.Options{})
	opened := time.Now()
	s.Sells(sku, 1000, units)
	history := &prices{said: []stood{{amount: 1000, asked: opened, answered: time.Now()}}}
	operator := s.Operator()

	var mu sync.Mutex
	var sold []*bought
	var refused, expecting atomic.Int64
	orders := make(chan struct{}, shoppers*each)
	var changing, buying sync.WaitGroup
	changing.Go(func() {
		count := 0
		for range orders {
			if count++; count%2 == 0 && !t.Failed() {
				history.change(t, operator, sku)
			}
		}
	})
	for i := range shoppers {
		who := s.Customer(fmt.Sprint("price-watcher-", i))
		buying.Go(func() {
			for n := range each {
				quantity := int64(1 + n%3)
				basket := shop.Of(sku, quantity, "card_approve")
				if n%3 == 0 {
					// The same on two lines: one order never has two prices of it.
					basket.Lines = append(basket.Lines, shop.Line{SKU: sku, Quantity: 2})
					quantity += 2
				}
				if n%2 == 0 {
					expecting.Add(1)
					basket.ExpectedTotal = &shop.Money{Amount: quantity * history.newest(), Currency: "GBP"}
				}
				// Not with every try: nobody who expects a total would ever get it.
				orders <- struct{}{}
				for try := 0; ; try++ {
					order := &bought{who: who, key: fmt.Sprintf("umbrella-%d-%d-%d", i, n, try), basket: basket}
					confirmed, total := order.place(t)
					if confirmed {
						mu.Lock()
						sold = append(sold, order)
						mu.Unlock()
						break
					}
					if total == 0 {
						return // the test has failed
					}
					refused.Add(1)
					assert.Zero(t, total%quantity)
					assert.True(t, history.between(total/quantity, order.from, order.to), "the new total of %s, %d, is a price of the time", order.key, total)
					basket.ExpectedTotal = &shop.Money{Amount: total, Currency: "GBP"}
				}
			}
		})
	}
	buying.Wait()
	close(orders)
	changing.Wait()
	if t.Failed() {
		return
	}
	// Whatever the race came to, both outcomes are seen: at an old total and at the newest one.
	late := &bought{who: s.Customer("price-watcher-late"), key: "at-the-old-price", basket: shop.Of(sku, 1, "card_approve")}
	late.basket.ExpectedTotal = &shop.Money{Amount: 1000, Currency: "GBP"}
	confirmed, now := late.place(t)
	require.False(t, confirmed)
	require.Equal(t, history.newest(), now)
	late.key, late.basket.ExpectedTotal = "at-the-new-price", &shop.Money{Amount: now, Currency: "GBP"}
	confirmed, _ = late.place(t)
	require.True(t, confirmed)
	sold = append(sold, late)

	t.Logf("%d orders at %d prices, %d of them expecting a total, refused %d times before", len(sold), len(history.said), expecting.Load()+1, refused.Load()+1)
	require.Len(t, sold, shoppers*each+1)
	theBooksAgree(t, s, sku, units, sold)
	for _, order := range sold {
		order.isPriced(t, history)
	}

	// A price that changes later is nothing to an order that is placed.
	byCommand(t, s, sku, len(history.said))
	for _, order := range sold[len(sold)-shoppers:] {
		again, err := order.who.TryPlace(order.key, order.basket, patiently...)
		require.NoError(t, err)
		var answer pricedOrder
		require.NoError(t, again.Into(&answer))
		assert.Equal(t, http.StatusCreated, again.Status, "%s", again)
		assert.Equal(t, order.answer, answer, "the same key is the same order at the same price")
	}
	found, exit := s.Run("verify", "--settle", "2m")
	assert.Zero(t, exit, "ordersaga verify: %s", found)
}

// byCommand takes the product, when its newest version is shown, to another price and off sale, as
// an operator does at a terminal.
func byCommand(t *testing.T, s *shop.Shop, sku string, version int) {
	t.Helper()
	for i, command := range [][]string{{"price", sku, "13.50"}, {"retire", sku}} {
		testkit.Eventually(t, "the newest version to be shown", func() bool {
			return s.Operator().Get(shop.Catalog, "/v1/products/"+sku).Field("version") == float64(version+i)
		})
		printed, exit := s.Run(append([]string{"product"}, command...)...)
		require.Zero(t, exit)
		assert.Contains(t, printed, "£13.50")
	}
	refused := s.Customer("price-watcher-late").Place("off-sale", shop.Of(sku, 1, "card_approve"))
	assert.Equal(t, "unknown-product", lastPart(refused.Field("type").(string)), "%s", refused)
	testkit.Eventually(t, "what is off sale to be shown so", func() bool {
		shown := s.Operator().Get(shop.Catalog, "/v1/products/"+sku)
		return shown.Status == http.StatusOK && shown.Field("active") == false
	})
}

// theBooksAgree checks that stock and money know the confirmed orders, with their totals, and no
// others.
func theBooksAgree(t *testing.T, s *shop.Shop, sku string, units int64, sold []*bought) {
	t.Helper()
	var quantity, amount int64
	want := map[string]shop.Books{}
	for _, order := range sold {
		want[order.id] = shop.Books{Authorized: 1, Open: 1}
		amount += order.answer.Total.Amount
		for _, line := range order.answer.Lines {
			quantity += line.Quantity
		}
	}
	assert.Equal(t, shop.Stock{OnHand: units, Reserved: quantity, Available: units - quantity}, s.Stock(sku))
	reserved := map[string]bool{}
	for _, movement := range journal(t, s, sku) {
		if movement.Kind == "reserve" {
			reserved[movement.Reference] = true
			assert.Contains(t, want, movement.Reference, "only who was confirmed ever had stock")
		}
	}
	assert.Len(t, reserved, len(sold))
	assert.Equal(t, want, booksOf(t, s), "who was refused was not charged")
	var audit struct {
		Totals []struct {
			Status string `json:"status"`
			Amount int64  `json:"amount"`
		} `json:"totals"`
	}
	require.NoError(t, s.Provider().Get(shop.Paysim, "/v1/books").Into(&audit))
	require.Len(t, audit.Totals, 1)
	assert.Equal(t, "authorized", audit.Totals[0].Status)
	assert.Equal(t, amount, audit.Totals[0].Amount, "the provider holds the sum of the orders' totals")
	confirmed := map[*shop.Person]int{}
	for _, order := range sold {
		confirmed[order.who]++
	}
	for who, count := range confirmed {
		assert.Equal(t, count, ordersOf(t, s, who), "a refused total is no order")
	}
}
