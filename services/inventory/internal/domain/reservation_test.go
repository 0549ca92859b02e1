package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

var (
	expiry = time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	before = expiry.Add(-time.Microsecond)
	states = []domain.State{domain.Held, domain.Allocated, domain.Shipped, domain.Released, domain.Expired}
)

func TestEveryVerbInEveryState(t *testing.T) {
	allocate := func(now time.Time) func(*domain.Reservation) error {
		return func(r *domain.Reservation) error { return r.Allocate(now) }
	}
	release := func(r *domain.Reservation) error { return r.Release() }
	cases := []struct {
		name   string
		verb   func(*domain.Reservation) error
		from   domain.State
		to     domain.State
		reason string // of the refusal, "error" for an ordinary error
	}{
		{"allocate in time", allocate(before), domain.Held, domain.Allocated, ""},
		{"allocate in time", allocate(before), domain.Allocated, domain.Allocated, ""},
		{"allocate in time", allocate(before), domain.Shipped, domain.Shipped, ""},
		{"allocate in time", allocate(before), domain.Released, domain.Released, refusals.StepUndone},
		{"allocate in time", allocate(before), domain.Expired, domain.Expired, refusals.HoldExpired},
		{"allocate at the instant of expiry", allocate(expiry), domain.Held, domain.Held, refusals.HoldExpired},
		{"allocate late", allocate(expiry.Add(time.Hour)), domain.Held, domain.Held, refusals.HoldExpired},
		{"allocate late", allocate(expiry.Add(time.Hour)), domain.Allocated, domain.Allocated, ""},
		{"release", release, domain.Held, domain.Released, ""},
		{"release", release, domain.Allocated, domain.Released, ""},
		{"release", release, domain.Released, domain.Released, ""},
		{"release", release, domain.Expired, domain.Expired, ""},
		{"release", release, domain.Shipped, domain.Shipped, "error"},
	}
	for _, c := range cases {
		t.Run(c.name+" when "+string(c.from), func(t *testing.T) {
			r := domain.NewReservation(domain.ReservationID{OrderID: "order", Saga: "place-order", Instance: "order"}, c.from, expiry)
			assert.Equal(t, c.reason, reason(c.verb(r)))
			assert.Equal(t, c.to, r.State())
		})
	}
}

func TestAReservationThatEndedNeverLivesAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := domain.NewReservation(domain.ReservationID{OrderID: "order", Saga: "place-order", Instance: "order"}, rapid.SampledFrom(states).Draw(t, "state"), expiry)
		ended := final(r.State())
		for range rapid.IntRange(1, 8).Draw(t, "verbs") {
			was := r.State()
			if rapid.Bool().Draw(t, "release") {
				_ = r.Release()
			} else {
				now := expiry.Add(time.Duration(rapid.Int64Range(-2, 2).Draw(t, "microseconds")) * time.Microsecond)
				err := r.Allocate(now)
				if was == domain.Held {
					assert.Equal(t, now.Before(expiry), err == nil, "a hold is good until, and not at, its expiry")
				}
			}
			if ended {
				assert.Equal(t, was, r.State())
			}
			ended = ended || final(r.State())
		}
	})
}

// final tells whether nothing can change any more.
func final(s domain.State) bool { return s != domain.Held && s != domain.Allocated }

func TestSKUs(t *testing.T) {
	for _, good := range []string{"mug-blue", "85123A", "15056bl", "a", "gift_0001_20", "x.y"} {
		assert.True(t, domain.IsSKU(good), good)
	}
	for _, bad := range []string{"", "-mug", "mug blue", "mug\x00", "mug\n", "größe", "a/b", string(make([]byte, 65))} {
		assert.False(t, domain.IsSKU(bad), "%q", bad)
	}
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	if r, refused := refusal.As(err); refused {
		return r.Reason
	}
	return "error"
}
