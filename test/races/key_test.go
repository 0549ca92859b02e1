package races_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

const clients = 50

// together has all clients place an order in the same instant, under one key.
func together(t *testing.T, who *shop.Person, key string, basket func(client int) shop.Basket) []shop.Answer {
	t.Helper()
	answers := make([]shop.Answer, clients)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			<-start
			var err error
			answers[i], err = who.TryPlace(key, basket(i), patiently...)
			assert.NoError(t, err)
		})
	}
	close(start)
	all.Wait()
	return answers
}

func TestOneKeyFromFiftyClientsAtOnceIsOneOrderWithOneAnswer(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 450, 1000)
	anna := s.Customer("anna")
	reserved := int64(0)
	for _, test := range []struct {
		card   string
		status int
		books  shop.Books
	}{
		{"card_approve", http.StatusCreated, shop.Books{Authorized: 1, Open: 1}},
		{"card_declined", http.StatusUnprocessableEntity, shop.Books{Declined: 1}},
	} {
		t.Run(test.card, func(t *testing.T) {
			answers := together(t, anna, test.card, func(int) shop.Basket { return shop.Of("tea", 2, test.card) })
			first := 0
			for _, answer := range answers {
				require.Equal(t, test.status, answer.Status, "%s", answer)
				assert.JSONEq(t, withoutTrace(t, answers[0]), withoutTrace(t, answer))
				assert.Equal(t, answers[0].Header.Get("Location"), answer.Header.Get("Location"))
				if answer.Header.Get("Idempotent-Replayed") == "" {
					first++
				}
			}
			assert.Equal(t, 1, first, "one client placed the order, the others were told of it")
			books := booksOf(t, s)
			id := lastPart(answers[0].Header.Get("Location"))
			assert.Equal(t, test.books, books[id], "the provider was asked once")
			if test.status == http.StatusCreated {
				reserved += 2
			}
			assert.Equal(t, reserved, s.Stock("tea").Reserved)
		})
	}
	assert.Equal(t, 2, ordersOf(t, s, anna))
}

func TestTwoBodiesUnderOneKeyAtOnceAreOneOrderAndOneMismatch(t *testing.T) {
	const rounds = 5
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 450, 1000)
	anna := s.Customer("anna")
	var reserved int64
	for round := range rounds {
		quantity := func(client int) int64 { return int64(1 + client%2) }
		answers := together(t, anna, fmt.Sprint("key-", round), func(client int) shop.Basket {
			return shop.Of("tea", quantity(client), "card_approve")
		})
		winners := map[int64]int{}
		ids := map[string]bool{}
		for i, answer := range answers {
			switch answer.Status {
			case http.StatusCreated:
				winners[quantity(i)]++
				var order shop.Order
				require.NoError(t, answer.Into(&order))
				ids[order.ID] = true
				assert.Equal(t, 450*quantity(i), order.Total.Amount, "who is told of an order is told of the one they sent")
			case http.StatusUnprocessableEntity:
				assert.Equal(t, "request-mismatch", lastPart(answer.Field("type").(string)), "%s", answer)
			default:
				t.Errorf("client %d: %s", i, answer)
			}
		}
		require.Len(t, winners, 1, "one of the two bodies is the order")
		assert.Len(t, ids, 1)
		for won, count := range winners {
			assert.Equal(t, clients/2, count, "everybody who sent the body that won gets the order")
			reserved += won
		}
	}
	assert.Equal(t, reserved, s.Stock("tea").Reserved)
	assert.Len(t, booksOf(t, s), rounds)
	assert.Equal(t, rounds, ordersOf(t, s, anna))
}

// ordersOf counts a customer's orders, when their list has caught up.
func ordersOf(t *testing.T, s *shop.Shop, who *shop.Person) int {
	t.Helper()
	var list struct {
		Orders []struct{} `json:"orders"`
		Behind int64      `json:"behind"`
	}
	testkit.Eventually(t, "the list to have caught up", func() bool {
		require.NoError(t, who.Get(shop.Orders, "/v1/orders?limit=200").Into(&list))
		return list.Behind == 0
	})
	return len(list.Orders)
}

// withoutTrace is an answer without what differs from request to request.
func withoutTrace(t *testing.T, answer shop.Answer) string {
	t.Helper()
	var members map[string]any
	require.NoError(t, answer.Into(&members))
	delete(members, "trace_id")
	encoded, err := json.Marshal(members)
	require.NoError(t, err)
	return string(encoded)
}
