package orderlist_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/ordersaga/ordersaga/services/orders/internal/orderlist"
)

// BenchmarkPage reads pages of 20 at places all over the list of one customer, who has nine orders
// in ten, and of the list of all, at 1,000 and at 100,000 orders. Beside each is the driver's own
// query for the same documents, without places and heads. At the end it prints how the cost of a
// page grows, and its share of the driver's. The measurements take turns, so that a machine that
// does other work slows all of them alike.
//
//	go test ./services/orders/internal/orderlist -run '^$' -bench Page -benchtime 400x
func BenchmarkPage(b *testing.B) {
	sizes := []int{1_000, 100_000}
	made := map[int]*lists{}
	for _, size := range sizes {
		made[size] = open(b)
		made[size].fill(b, size, func(n int) string {
			if n%10 == 0 {
				return fmt.Sprintf("customer-%d", n%1000)
			}
			return "ann"
		})
	}
	costs := map[string]float64{}
	b.ResetTimer()
	for range b.N {
		for _, size := range sizes {
			l := made[size]
			for _, customer := range []string{"", "ann"} {
				before := int64(size/2) + rand.Int64N(int64(size)/4)
				costs[name(customer, size, "page")] += seconds(func() { require.Len(b, l.page(b, customer, before, 20).Items, 20) })
				list := orderlist.All
				if customer != "" {
					list = orderlist.OfCustomer(customer)
				}
				windows := list.Windows(before)
				costs[name(customer, size, "driver")] += seconds(func() {
					cursor, err := l.Collection(l.live).Find(b.Context(), bson.D{{Key: "pages", Value: windows[0]}})
					require.NoError(b, err)
					var found []orderlist.Summary
					require.NoError(b, cursor.All(b.Context(), &found))
					require.Len(b, found, 30)
				})
			}
		}
	}
	for _, customer := range []string{"", "ann"} {
		small, large := costs[name(customer, sizes[0], "page")], costs[name(customer, sizes[1], "page")]
		b.ReportMetric(small/large, "of_1k_at_100k/"+label(customer))
		b.ReportMetric(costs[name(customer, sizes[1], "driver")]/large, "of_driver/"+label(customer))
		b.ReportMetric(large/float64(b.N)*1000, "ms_a_page/"+label(customer))
	}
}

func label(customer string) string {
	if customer == "" {
		return "all"
	}
	return "one_customer"
}

func name(customer string, size int, what string) string { return fmt.Sprint(customer, size, what) }

func seconds(run func()) float64 {
	began := time.Now()
	run()
	return time.Since(began).Seconds()
}
