// Package races_test lets many do the same at once to a shop of real processes on real engines, and
// checks what everybody was told against what is in the books.
//
// What is not here: an effect of a first, local attempt that arrives after the regular one is
// test/matrix (TestALateEffectIsHarmless).
package races_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/test/shop"
)

// patiently waits for the outcome as long as a server lets a customer wait.
var patiently = []string{"Prefer", "wait=50"}

// atOnce does something count times, at most some at a time.
func atOnce(count, some int, do func(i int)) {
	turns := make(chan int)
	var all sync.WaitGroup
	for range min(some, count) {
		all.Go(func() {
			for i := range turns {
				do(i)
			}
		})
	}
	for i := range count {
		turns <- i
	}
	close(turns)
	all.Wait()
}

// outcome is what became of an order.
type outcome struct {
	id     string
	status string // of contracts/sagas
	reason string // of a rejected order's problem, the last part of its type
	// shortages of an out-of-stock problem.
	shortages []refusals.Shortage
}

// told is the outcome of an order of one SKU as the register knows it.
func (o outcome) told() told {
	if len(o.shortages) == 0 {
		return told{}
	}
	return told{refused: true, available: o.shortages[0].Available}
}

// buys places an order, asking again until it is settled as a shop front does.
func buys(t *testing.T, who *shop.Person, key string, basket shop.Basket) (o outcome) {
	t.Helper()
	var answer shop.Answer
	for range 3 {
		var err error
		if answer, err = who.TryPlace(key, basket, patiently...); !assert.NoError(t, err) {
			return o
		}
		if answer.Status != http.StatusAccepted && answer.Status != http.StatusServiceUnavailable {
			break
		}
	}
	switch answer.Status {
	case http.StatusCreated:
		var order shop.Order
		assert.NoError(t, answer.Into(&order))
		return outcome{id: order.ID, status: order.Status}
	case http.StatusUnprocessableEntity:
		var problem struct {
			Type      string              `json:"type"`
			OrderID   string              `json:"order_id"`
			Shortages []refusals.Shortage `json:"shortages"`
		}
		assert.NoError(t, answer.Into(&problem))
		return outcome{id: problem.OrderID, status: sagas.StatusRejected, reason: lastPart(problem.Type), shortages: problem.Shortages}
	default:
		t.Errorf("order %s is not settled: %s", key, answer)
		return o
	}
}

// lastPart of a problem's type says what it is.
func lastPart(problemType string) string {
	return problemType[strings.LastIndex(problemType, "/")+1:]
}

// customers with names of their own, each with a token.
func customers(s *shop.Shop, count int) []*shop.Person {
	people := make([]*shop.Person, count)
	for i := range people {
		people[i] = s.Customer(fmt.Sprint("customer-", i))
	}
	return people
}

// looks at the stock of a SKU while others buy.
func looks(s *shop.Shop, h *history, sku string) {
	begun := h.now()
	h.add(begun, operation{kind: look, sku: sku}, told{available: s.Stock(sku).Available})
}

// booksOf are the provider's own, by the order they were charged for.
func booksOf(t *testing.T, s *shop.Shop) map[string]shop.Books {
	t.Helper()
	var audit struct {
		References []struct {
			Reference string `json:"reference"`
			shop.Books
		} `json:"references"`
	}
	// The key the shop gives its provider.
	require.NoError(t, s.Bearer("test-provider-key").Get(shop.Paysim, "/v1/books").Into(&audit))
	books := map[string]shop.Books{}
	for _, of := range audit.References {
		books[of.Reference] = of.Books
	}
	return books
}

// movement is a line of inventory's journal.
type movement struct{ Kind, Reference string }

// journal of a SKU, in the order in which it was written.
func journal(t *testing.T, s *shop.Shop, sku string) (all []movement) {
	t.Helper()
	path := "/v1/stock/" + sku + "/movements?limit=200"
	for next := path; next != ""; {
		var page struct {
			Movements []movement `json:"movements"`
			Next      string     `json:"next_cursor"`
		}
		require.NoError(t, s.Operator().Get(shop.Inventory, next).Into(&page))
		all = append(all, page.Movements...)
		next = ""
		if page.Next != "" {
			next = path + "&cursor=" + page.Next
		}
	}
	slices.Reverse(all) // the newest came first
	return all
}
