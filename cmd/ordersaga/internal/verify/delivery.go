package verify

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// hasEvents reports whether a program publishes or consumes events.
func hasEvents(p programs.Program) bool { return p.Service && p.Broker }

// checkDelivery checks I6 and the first part of I5: the events that were not published, read from
// the log or consumed when the check began must be by the deadline.
func (v invariants) checkDelivery(ctx context.Context, c *client.Client, deadline time.Time) error {
	deadline = atLeast(deadline)
	for _, service := range programs.Names(hasEvents) {
		if err := v.arrive(ctx, c, service, deadline); err != nil {
			return err
		}
	}
	return nil
}

// arrive waits until all events of a service are delivered.
func (v invariants) arrive(ctx context.Context, c *client.Client, service string, deadline time.Time) error {
	began := time.Now()
	heads := map[string]int64{}
	drained := map[string]bool{}
	for between := (wait{}); ; {
		now, err := c.AuditDelivery(ctx, service)
		if err != nil {
			return err
		}
		late := underway(now, service, heads, drained, time.Since(began))
		if len(late) > 0 && time.Now().Before(deadline) {
			if err := between.pause(ctx); err != nil {
				return err
			}
			continue
		}
		for _, offender := range late {
			v.delivery.violated(offender.What, offender.Problem)
		}
		v.checkDeadLetters(now)
		for _, subscription := range now.Subscriptions {
			v.delivery.figure("events that "+subscription.Name+" has read", subscription.Position)
		}
		return nil
	}
}

// underway returns the outboxes, queues and subscriptions that have not delivered their events. One
// that was empty once is not checked again, because orders continue.
func underway(d *client.EventDelivery, service string, heads map[string]int64, drained map[string]bool, since time.Duration) (late []Offender) {
	check := func(what string, arrived bool, problem string) {
		if drained[what] = drained[what] || arrived; !drained[what] {
			late = append(late, Offender{what, problem})
		}
	}
	if d.Outbox != nil {
		// Events younger than the check do not count.
		arrived := d.Outbox.Pending == 0 || d.Outbox.OldestSeconds < since.Seconds()
		problem := fmt.Sprintf("%d events are not published, the oldest for %.0f s", d.Outbox.Pending, d.Outbox.OldestSeconds)
		if d.Outbox.Problem != "" {
			problem += ": " + d.Outbox.Problem
		}
		check("outbox of "+service, arrived, problem)
	}
	for _, c := range d.Consumers {
		check("consumer "+c.Name, c.Declared, "its queues do not exist")
		check("queue of "+c.Name, c.Waiting == 0, fmt.Sprintf("%d events wait for it", c.Waiting))
		check("retries of "+c.Name, c.Retrying == 0, fmt.Sprintf("%d events wait for another attempt", c.Retrying))
	}
	for _, s := range d.Subscriptions {
		if _, known := heads[s.Name]; !known {
			heads[s.Name] = s.Head
		}
		check("subscription "+s.Name, s.Position >= heads[s.Name], fmt.Sprintf("it is at event %d of %d", s.Position, heads[s.Name]))
		check("streams of subscription "+s.Name, s.Deferred == 0, fmt.Sprintf("%d wait for a newer version of %s, which can read them", s.Deferred, service))
	}
	return late
}

// checkDeadLetters checks I6.
func (v invariants) checkDeadLetters(d *client.EventDelivery) {
	for _, c := range d.Consumers {
		poison := int64(0)
		for _, letter := range c.Letters {
			if letter.Cause == "poison" {
				poison++
				continue
			}
			v.dead.violated("dead letter of "+c.Name, fmt.Sprintf("event %s %s: %s: %s", letter.EventType, letter.EventID, letter.Cause, letter.Reason))
		}
		if len(c.Letters) == 0 && c.Dead > 0 {
			v.dead.violated("dead letters of "+c.Name, fmt.Sprintf("%d of them, which somebody else has in hand: look again", c.Dead))
		}
		v.dead.figure("dead letters of "+c.Name, c.Dead)
		v.dead.figure("of these poison", poison)
		if unseen := c.Dead - int64(len(c.Letters)); len(c.Letters) > 0 && unseen > 0 {
			v.dead.figure("of these not looked at", unseen)
		}
	}
}
