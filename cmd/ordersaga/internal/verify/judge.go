package verify

import (
	"fmt"
	"strings"
)

// finding is a possible violation of an order.
type finding struct {
	invariant *Invariant
	problem   string
	// passing: it may be resolved by itself, until the deadline.
	passing bool
}

// verdict on an order.
type verdict struct {
	findings []finding
	// open: its saga has not ended. stuck is the reason, if it is known.
	open  bool
	stuck string
}

func (v verdict) clean() bool { return len(v.findings) == 0 && !v.open }

// judge compares the services' records of one order.
func (v invariants) judge(b *books, id string) verdict {
	o, placed := b.orders[id]
	r, reserved := b.reservations[id]
	p, paid := b.payments[id]
	var found verdict
	say := func(invariant *Invariant, format string, values ...any) {
		found.findings = append(found.findings, finding{invariant: invariant, problem: fmt.Sprintf(format, values...)})
	}
	for _, problem := range append(p.Problems[:len(p.Problems):len(p.Problems)], p.Unbalanced()...) {
		say(v.money, "%s", problem)
	}
	alone := len(found.findings) // what follows compares it with the order
	if o.Unreadable != "" {
		say(v.agreement, "it cannot be compared: %s", o.Unreadable)
		return found
	}
	switch {
	case !placed:
		if r.taken() {
			say(v.agreement, "its stock is %s, and there is no such order", r)
		}
		if p.moving() {
			say(v.money, "its payment of %d %s is %s, and there is no such order", p.Amount, p.Currency, p.Status)
		}
		return found
	case o.OpenSaga != "":
		found.open, found.stuck = true, o.stuck()
		return found
	case o.Status == "confirmed":
		v.confirmed(o, r, reserved, p, paid, say)
	case o.Status == "rejected" || o.Status == "cancelled":
		if r.taken() {
			say(v.agreement, "it is %s, and its stock is %s", o.Status, r)
		}
		if p.Status == "authorized" || p.Status == "partially_captured" {
			say(v.agreement, "it is %s, and its payment of %d %s is %s", o.Status, p.Amount, p.Currency, p.Status)
		}
		if charged := p.Captured + p.Capturing - p.Refunded - p.Refunding - o.Owed; charged != o.Fees {
			say(v.money, "it is %s, of which %d %s are kept as a fee, and %d are charged", o.Status, o.Fees, o.Total.Currency, charged)
		}
		if o.Fees != p.Kept {
			say(v.money, "it is %s, of which %d %s are kept as a fee, and by its payment %d", o.Status, o.Fees, o.Total.Currency, p.Kept)
		}
	default:
		say(v.progress, "it is %s, and no saga works on it", o.Status)
		return found
	}
	for i, f := range found.findings[alone:] { // the order is told, soon or when its saga has come so far
		found.findings[alone+i].passing = p.Untold && f.invariant == v.money
	}
	if p.Unfinished > 0 {
		found.findings = append(found.findings, finding{invariant: v.money, passing: true, problem: fmt.Sprintf(
			"it is %s, and what became of its money is not known yet: the payment is %s", o.Status, p.Status)})
	}
	return found
}

// stuck returns the steps in which the saga is stuck, or "".
func (o order) stuck() string {
	if o.Stuck == nil {
		return ""
	}
	steps := make([]string, len(o.Stuck.Steps))
	for i, step := range o.Stuck.Steps {
		steps[i] = step.Step + ": " + step.LastError
	}
	return "stuck in " + strings.Join(steps, "; ")
}

func (v invariants) confirmed(o order, r reservation, reserved bool, p payment, paid bool, say func(*Invariant, string, ...any)) {
	switch {
	case !reserved:
		say(v.agreement, "it is confirmed, and has no stock")
	case r.Held > 0 || r.Shipped != o.Shipped || r.Allocated != o.Units-o.Shipped:
		shipped := ""
		if o.Shipped > 0 {
			shipped = fmt.Sprintf(", %d of them shipped", o.Shipped)
		}
		say(v.agreement, "it is confirmed with %d units%s, and its stock is %s", o.Units, shipped, r)
	}
	switch {
	case !paid:
		say(v.agreement, "it is confirmed, and has no payment")
		return
	case p.Status == "declined" || p.Status == "none" || p.Status == "pending":
		say(v.agreement, "it is confirmed, and its payment is %s", p.Status)
		return
	case p.Currency != o.Total.Currency:
		say(v.money, "its total is %d %s, and its payment is in %s", o.Total.Amount, o.Total.Currency, p.Currency)
		return
	case p.Status == "authorized" && p.Amount != o.Total.Amount:
		say(v.money, "its total is %d %s, and its payment holds %d %s", o.Total.Amount, o.Total.Currency, p.Amount, p.Currency)
		return
	}
	if left := o.ToShip - o.Prepaid; left > p.Open && len(o.Holds) == 0 {
		say(v.money, "%d %s of what is not shipped are to be paid, %d are authorized, and it is not on hold", left, o.Total.Currency, p.Open)
	}
	for _, sum := range []struct {
		name        string
		order, paid int64
	}{
		{"still authorized", o.Open, p.Open},
		{"captured", o.Captured, p.Captured + p.Capturing},
		{"refunded", o.Refunded, p.Refunded + p.Refunding},
		{"kept as fees", o.Fees, p.Kept},
	} {
		if sum.order != sum.paid {
			say(v.money, "by the order %d %s are %s, and by its payment %d", sum.order, o.Total.Currency, sum.name, sum.paid)
		}
	}
}

// taken reports whether the order has reserved or shipped stock.
func (r reservation) taken() bool { return r.Held+r.Allocated+r.Shipped > 0 }

// String returns the units by state: "1 allocated, 2 released".
func (r reservation) String() string {
	var parts []string
	for _, part := range []struct {
		units int64
		place string
	}{{r.Held, "held"}, {r.Allocated, "allocated"}, {r.Shipped, "shipped"}, {r.Released, "released"}, {r.Expired, "expired"}} {
		if part.units > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.units, part.place))
		}
	}
	return strings.Join(parts, ", ")
}

// moving reports whether money is held, or may be.
func (p payment) moving() bool {
	return p.Unfinished > 0 || p.Open+p.Capturing > 0 || p.Status == "authorized" || p.Status == "pending" || p.Status == "voiding"
}
