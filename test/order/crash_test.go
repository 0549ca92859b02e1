package order_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// TestAnOrderSurvivesTheProgramThatWorksOnIt kills each program while orders are under way and
// starts it again: every order that was accepted is settled, and stock, payments and the provider's
// books agree.
func TestAnOrderSurvivesTheProgramThatWorksOnIt(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	for _, victim := range []string{shop.Worker, shop.Inventory, shop.Payments, shop.Orders, shop.Paysim, shop.Catalog} {
		t.Run(victim, func(t *testing.T) {
			load := s.Load(t, "sku-"+victim, 12)
			load.UnderWay()
			s.Kill(victim)
			s.Start(victim)
			load.Settles()
		})
	}
}

// TestAStopLosesNothing sends SIGTERM to each program under load; the shop's test harness fails
// when one does not end in order.
func TestAStopLosesNothing(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 100, 10000)
	buyer := s.Customer("buyer")
	for _, program := range []string{shop.Worker, shop.Orders, shop.Inventory, shop.Payments, shop.Catalog, shop.Paysim} {
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
