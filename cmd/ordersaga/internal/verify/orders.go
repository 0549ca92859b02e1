package verify

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

// checkOrders checks I2, I3 and I4.
func (v invariants) checkOrders(ctx context.Context, c *client.Client, deadline time.Time) error {
	b, err := all(ctx, c)
	if err != nil {
		return err
	}
	doubtful := v.doubtful(b)
	open := 0
	for _, id := range doubtful {
		if v.judge(b, id).open {
			open++
		}
	}
	ended, err := v.settle(ctx, c, doubtful, deadline, b)
	if err != nil {
		return err
	}
	v.count(b)
	v.progress.figure("orders", int64(len(b.orders)))
	v.progress.figure("open at first", int64(open))
	v.progress.figure("stuck", int64(ended.stuck))
	v.progress.figure("unsettled", int64(ended.unsettled))
	return nil
}

// doubtful returns the orders with findings or an open saga.
func (v invariants) doubtful(b *books) []string {
	known := slices.Concat(slices.Collect(maps.Keys(b.orders)), slices.Collect(maps.Keys(b.reservations)), slices.Collect(maps.Keys(b.payments)))
	slices.Sort(known)
	return slices.DeleteFunc(slices.Compact(known), func(id string) bool { return v.judge(b, id).clean() })
}

type ended struct{ stuck, unsettled int }

// suspect is a doubtful order.
type suspect struct {
	verdict
	// same counts the rereads in a row with findings that are not passing.
	same int
}

// settle reads the doubtful orders again until each is clean, has the same findings in rereads, or
// the deadline has passed. It updates the books.
func (v invariants) settle(ctx context.Context, c *client.Client, ids []string, deadline time.Time, b *books) (ended, error) {
	suspects := map[string]*suspect{}
	for _, id := range ids {
		suspects[id] = &suspect{}
	}
	sure := map[string]verdict{}
	for between := (wait{}); len(suspects) > 0; {
		if err := between.pause(ctx); err != nil {
			return ended{}, err
		}
		now, err := again(ctx, c, slices.Sorted(maps.Keys(suspects)))
		if err != nil {
			return ended{}, err
		}
		late := !time.Now().Before(deadline)
		for id, s := range suspects {
			b.note(now, id)
			s.verdict = v.judge(now, id)
			if s.lasting() {
				s.same++
			} else {
				s.same = 0
			}
			switch {
			case s.clean():
				delete(suspects, id)
			case s.same >= rereads, late && s.same == 0:
				sure[id] = s.verdict
				delete(suspects, id)
			}
		}
	}
	return v.sentence(sure), nil
}

// lasting reports whether waiting cannot help.
func (v verdict) lasting() bool {
	return v.stuck != "" || slices.ContainsFunc(v.findings, func(f finding) bool { return !f.passing })
}

// sentence adds the violations to the invariants.
func (v invariants) sentence(sure map[string]verdict) (end ended) {
	for _, id := range slices.Sorted(maps.Keys(sure)) {
		for _, found := range sure[id].findings {
			found.invariant.violated("order "+id, found.problem)
		}
		switch {
		case sure[id].stuck != "":
			end.stuck++
		case sure[id].open:
			end.unsettled++
			v.progress.violated("order "+id, "its saga has not come to its end, and does not say why")
		}
	}
	return end
}

// note replaces an order's records with those of another read.
func (b *books) note(now *books, id string) {
	replace(b.orders, now.orders, id)
	replace(b.reservations, now.reservations, id)
	replace(b.payments, now.payments, id)
}

func replace[V any](old, now map[string]V, id string) {
	if value, there := now[id]; there {
		old[id] = value
	} else {
		delete(old, id)
	}
}

// count computes the figures of I2 and I3.
func (v invariants) count(b *books) {
	statuses, states := map[string]int64{}, map[string]int64{}
	for _, o := range b.orders {
		statuses[o.Status]++
	}
	held, taken := map[string]int64{}, map[string]int64{}
	for _, p := range b.payments {
		states[p.Status]++
		held[p.Currency] += p.Open
		taken[p.Currency] += p.Captured - p.Refunded
	}
	v.money.figure("payments", int64(len(b.payments)))
	for _, state := range []string{"authorized", "voided", "declined"} {
		v.money.figure(state, states[state])
	}
	for _, currency := range slices.Sorted(maps.Keys(held)) {
		if currency != "" {
			v.money.sum("held", held[currency], currency)
		}
		if taken[currency] != 0 {
			v.money.sum("captured", taken[currency], currency)
		}
	}
	for _, status := range []string{"confirmed", "rejected", "cancelled"} {
		v.agreement.figure(status, statuses[status])
	}
	v.agreement.figure("reservations", int64(len(b.reservations)))
}
