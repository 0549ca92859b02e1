package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

// newestPages of the log, of 1,000 events each, are compared with their documents unless all are
// asked for.
const newestPages = 20

// checkReadModel checks the part of I5 about orders: each document is the fold of its events, of all
// orders or of the newest. The service compares twice, and skips orders with events on their way.
func (v invariants) checkReadModel(full bool) func(context.Context, *client.Client, time.Time) error {
	return func(ctx context.Context, c *client.Client, _ time.Time) error { return v.compareOrders(ctx, c, full) }
}

func (v invariants) compareOrders(ctx context.Context, c *client.Client, full bool) error {
	var compared, behind int64
	cursor := ""
	for page := 0; full || page < newestPages; page++ {
		page, err := c.AuditReadModel(ctx, cursor)
		if err != nil {
			return err
		}
		compared += page.Compared
		behind += page.Behind
		for _, m := range page.Mismatches {
			v.delivery.violated("order "+m.OrderID, "document in "+m.Collection+": "+m.Problem)
		}
		if page.Next == "" {
			break
		}
		cursor = page.Next
	}
	v.delivery.figure("orders compared with their documents", compared)
	v.delivery.figure("orders on their way", behind)
	return nil
}

// checkProducts checks the part of I5 about products: shoppers see the data of catalog and
// inventory. Documents follow events, so a difference is read again before it is a violation.
func (v invariants) checkProducts(ctx context.Context, c *client.Client, deadline time.Time) error {
	deadline = atLeast(deadline)
	doubts := doubts{same: map[string]int{}, target: map[string]int64{}, caughtUp: map[string]bool{}}
	for between := (wait{}); ; {
		seen, problems, err := products(ctx, c)
		if err != nil {
			return err
		}
		if doubts.wait(problems) && time.Now().Before(deadline) {
			if err := between.pause(ctx); err != nil {
				return err
			}
			continue
		}
		for _, sku := range slices.Sorted(maps.Keys(problems)) {
			v.delivery.violated("SKU "+sku, problems[sku].problem)
		}
		v.delivery.figure("products compared with their documents", seen)
		return nil
	}
}

// doubts are the differences of products in earlier reads.
type doubts struct {
	same map[string]int // looks in a row with a problem
	// target is inventory's version when a document was first seen behind; caughtUp has the
	// documents that reached it. Orders continue, so a document may always be a little behind.
	target   map[string]int64
	caughtUp map[string]bool
}

// wait removes documents that caught up, and reports whether another read is needed.
func (d doubts) wait(problems map[string]difference) (again bool) {
	for sku, p := range problems {
		if !p.behind {
			continue
		}
		if _, known := d.target[sku]; !known {
			d.target[sku] = p.want
		}
		if d.caughtUp[sku] = d.caughtUp[sku] || p.have >= d.target[sku]; d.caughtUp[sku] {
			delete(problems, sku)
		}
	}
	for sku, p := range problems {
		d.same[sku]++
		again = again || p.behind || d.same[sku] < rereads
	}
	maps.DeleteFunc(d.same, func(sku string, _ int) bool { _, still := problems[sku]; return !still })
	return again
}

// difference of a product's document from its source.
type difference struct {
	problem string
	// behind: the document has an older version of the stock than inventory.
	behind     bool
	have, want int64
}

// products compares all products once. The documents are read before the levels, so a document
// cannot be ahead of its level.
func products(ctx context.Context, c *client.Client) (seen int64, problems map[string]difference, err error) {
	problems = map[string]difference{}
	shown := map[string]client.AuditProduct{}
	err = each(c.AuditProducts(ctx), func(product client.AuditProduct) {
		shown[product.SKU] = product
		if product.Problem != "" {
			problems[product.SKU] = difference{problem: product.Problem}
		}
	})
	if err != nil {
		return 0, nil, err
	}
	err = each(c.AuditLevels(ctx), func(level client.AuditLevel) {
		product, sold := shown[level.SKU]
		if !sold {
			return // inventory may have what the catalog does not sell
		}
		if found, wrong := compare(level, product); wrong {
			problems[level.SKU] = found
		}
	})
	return int64(len(shown)), problems, err
}

// compare compares a level with the document that shoppers see.
func compare(l client.AuditLevel, p client.AuditProduct) (found difference, wrong bool) {
	switch {
	case p.Stock == nil:
		return difference{problem: "shoppers see no stock of it, inventory has it", behind: true, want: l.Version}, true
	case p.Stock.Version != l.Version:
		return difference{
			problem: fmt.Sprintf("shoppers see version %d of its stock, inventory has %d", p.Stock.Version, l.Version),
			behind:  p.Stock.Version < l.Version, have: p.Stock.Version, want: l.Version,
		}, true
	case p.Stock.Available != l.Available:
		return difference{problem: fmt.Sprintf("shoppers see %d available, inventory has %d", p.Stock.Available, l.Available)}, true
	default:
		return difference{}, false
	}
}
