package bench

import (
	"context"
	"errors"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/platform/pause"
)

const (
	// watching of the callers look for their orders; the others are the load.
	watching = 4
	// lookEvery is the pause between two looks.
	lookEvery = 10 * time.Millisecond
	// lookFor bounds the looks for one order.
	lookFor = time.Minute
)

// visible measures from the answer that an order is confirmed until its shopper's list shows it as
// confirmed, while others place orders.
func (s *system) visible() *Case {
	place := s.buyers.place(1)
	return &Case{
		Part: Visible, Name: "confirmed to visible in the list", Callers: busy, onlyTimes: true,
		do: func(ctx context.Context, caller, n int) (time.Duration, error) {
			if caller >= watching {
				_, err := place(ctx, caller, n)
				return -1, err
			}
			who := Who{Shopper: shopper(caller)}
			placed, err := s.buyers.order(ctx, who, newOrder(n, 1))
			if err != nil {
				return 0, err
			}
			session, err := s.buyers.session(who)
			if err != nil {
				return 0, err
			}
			began := time.Now()
			for time.Since(began) < lookFor {
				page, err := session.OrderPage(ctx, client.OrderFilter{}, client.PageRequest{Limit: pageSize})
				if err != nil {
					return 0, err
				}
				for _, order := range page.Items {
					if order.ID == placed.ID && order.Status == client.Confirmed {
						return time.Since(began), nil
					}
				}
				if err := pause.For(ctx, lookEvery, nil); err != nil {
					return 0, err
				}
			}
			return 0, errors.New("order " + placed.ID + " is confirmed and not in the list after " + lookFor.String())
		},
	}
}
