package order_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// listed is an order as a list shows it.
type listed struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// TestAnOrderSurvivesTheProgramThatWorksOnIt kills each program while orders are
// under way and starts it again: every order that was accepted is settled, and
// stock, payments and the provider's books agree.
func TestAnOrderSurvivesTheProgramThatWorksOnIt(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	const orders, units = 12, 1000
	for _, victim := range []string{shop.Worker, shop.Inventory, shop.Payments, shop.Orders, shop.Paysim, shop.Catalog} {
		t.Run(victim, func(t *testing.T) {
			sku := "sku-" + victim
			s.Sells(sku, 100, units)
			buyer := s.Customer("buyer-of-" + victim)
			var all sync.WaitGroup
			var begun atomic.Int32
			half := make(chan struct{})
			for i := range orders {
				all.Go(func() {
					if begun.Add(1) == orders/2 {
						close(half)
					}
					card := []string{"card_approve", "card_slow", "card_declined"}[i%3]
					// The service that takes the order may be the victim: the customer
					// sends the same request again, as a shop front does.
					testkit.Eventually(t, "the order to be taken", func() bool {
						answer, err := buyer.TryPlace(fmt.Sprint("order-", i), shop.Of(sku, 1, card), "Prefer", "wait=5")
						return err == nil && (answer.Status == http.StatusCreated || answer.Status == http.StatusAccepted ||
							answer.Status == http.StatusUnprocessableEntity)
					})
				})
			}
			<-half
			s.Kill(victim)
			s.Start(victim)
			all.Wait()

			var settled []listed
			testkit.Eventually(t, "every order to be settled", func() bool {
				var list struct {
					Orders []listed `json:"orders"`
					Behind int64    `json:"behind"`
				}
				answer := buyer.Get(shop.Orders, "/v1/orders?limit=100")
				if answer.Status != http.StatusOK {
					return false // orders is the victim
				}
				require.NoError(t, answer.Into(&list))
				if list.Behind > 0 || len(list.Orders) != orders {
					return false
				}
				for _, order := range list.Orders {
					if order.Status == "placed" {
						return false
					}
				}
				settled = list.Orders
				return true
			})
			confirmed := 0
			for _, order := range settled {
				books := s.Books(order.ID)
				switch order.Status {
				case sagas.StatusConfirmed:
					confirmed++
					assert.Equal(t, 1, books.Open, "order %s: %+v", order.ID, books)
				default:
					assert.Zero(t, books.Open, "order %s: %+v", order.ID, books)
				}
				assert.LessOrEqual(t, books.Authorized, 1, "order %s is charged once", order.ID)
			}
			stock := s.Stock(sku)
			assert.EqualValues(t, units, stock.OnHand)
			assert.EqualValues(t, confirmed, stock.Reserved, "what is reserved is what is confirmed")
			require.NotZero(t, confirmed)
		})
	}
}

// TestAStopLosesNothing sends SIGTERM to each program under load; the shop's test
// harness fails when one does not end in order.
func TestAStopLosesNothing(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 100, 10000)
	buyer := s.Customer("buyer")
	for _, program := range []string{shop.Worker, shop.Orders, shop.Inventory, shop.Payments, shop.Catalog} {
		t.Run(program, func(t *testing.T) {
			var all sync.WaitGroup
			begun := make(chan struct{}, 100)
			ids := make([]string, 10)
			for i := range ids {
				all.Go(func() {
					begun <- struct{}{}
					testkit.Eventually(t, "the order to be taken", func() bool {
						answer, err := buyer.TryPlace(fmt.Sprint(program, "-", i), shop.Of("tea", 1, "card_slow"), "Prefer", "wait=5")
						if err != nil || answer.Status != http.StatusCreated && answer.Status != http.StatusAccepted {
							return false
						}
						ids[i], _ = answer.Field("id").(string)
						return true
					})
				})
			}
			for range len(ids) {
				<-begun
			}
			s.Stop(program)
			s.Start(program)
			all.Wait()
			for _, id := range ids {
				testkit.Eventually(t, "order "+id+" to be confirmed", func() bool { return s.Order(id).Status == sagas.StatusConfirmed })
				assert.Equal(t, shop.Books{Authorized: 1, Open: 1}, s.Books(id))
			}
		})
	}
}
