package listorders_test

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderlist"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
)

// BenchmarkThroughREST reads pages of 20 of every list that can be asked for, at 1,000 and at 100,000
// orders, of which one customer has nine in ten. Beside each is the driver's own query for one window.
// At the end it prints how the cost of a page grows, and its share of the driver's. The measurements
// take turns, so that a machine that does other work slows all of them alike.
//
//	go test ./services/orders/internal/queries/listorders -run '^$' -bench REST -benchtime 300x
func BenchmarkThroughREST(b *testing.B) {
	sizes := []int{1_000, 100_000}
	worlds := map[int]*orderstest.World{}
	for _, size := range sizes {
		worlds[size] = orderstest.Start(b)
		ann := worlds[size].Subject("ann")
		orderstest.FillList(b, worlds[size].List.Model, size, func(n int) string {
			if n%10 == 0 {
				return fmt.Sprintf("customer-%d", n%1000)
			}
			return ann
		})
	}
	type asked struct {
		name   string
		caller *orderstest.Caller
		query  string
		list   readmodel.List
	}
	listsOf := func(w *orderstest.World) []asked {
		ann, own, op := w.Subject("ann"), w.As("ann"), w.As("op", auth.ScopeOperator)
		return []asked{
			{"all", op, "", orderlist.All},
			{"own", own, "", orderlist.OfCustomer(ann)},
			{"of_customer", op, "&customer=" + url.QueryEscape(ann), orderlist.OfCustomer(ann)},
			{"status", op, "&status=confirmed", orderlist.All},
			{"status_of_none", op, "&status=cancelled", orderlist.All},
			{"number", op, "&number=100500", orderlist.All},
			{"stuck", op, "&stuck=true", orderlist.All},
		}
	}
	lists := map[int][]asked{}
	for _, size := range sizes {
		lists[size] = listsOf(worlds[size])
	}
	costs := map[string]time.Duration{}
	cursors := map[string]string{}
	b.ResetTimer()
	for range b.N {
		for _, size := range sizes {
			w := worlds[size]
			live, err := w.List.Live(context.Background())
			require.NoError(b, err)
			for _, l := range lists[size] {
				key := fmt.Sprint(l.name, size)
				began := time.Now()
				answer := l.caller.Get("/v1/orders?limit=20" + l.query + cursors[key])
				costs[key] += time.Since(began)
				require.Equal(b, 200, answer.Status, "%s", l.name)
				var page list
				answer.Read(&page)
				// The next one, until the list ends.
				if cursors[key] = ""; page.NextCursor != "" {
					cursors[key] = "&cursor=" + url.QueryEscape(page.NextCursor)
				}
				window := l.list.Windows(int64(size / 2))[0]
				began = time.Now()
				cursor, err := w.List.Collection(live).Find(context.Background(), bson.D{{Key: "pages", Value: window}})
				require.NoError(b, err)
				var found []orderlist.Summary
				require.NoError(b, cursor.All(context.Background(), &found))
				costs[key+"driver"] += time.Since(began)
				require.Len(b, found, 30)
			}
		}
	}
	for _, l := range lists[sizes[0]] {
		small, large := fmt.Sprint(l.name, sizes[0]), fmt.Sprint(l.name, sizes[1])
		b.ReportMetric(float64(costs[small])/float64(cmp.Or(costs[large], 1)), "of_1k_at_100k/"+l.name)
		b.ReportMetric(float64(costs[large+"driver"])/float64(cmp.Or(costs[large], 1)), "of_driver/"+l.name)
		b.ReportMetric(float64(costs[large].Microseconds())/float64(b.N)/1000, "ms_a_page/"+l.name)
	}
}
