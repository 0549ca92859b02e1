package main

import (
	"log/slog"
	"sync"
	"time"
)

// settleRetry is how long a settlement that failed (a full disk) waits before it is tried again.
const settleRetry = time.Second

// deferred performs pending effects when they are due, whether or not anybody waits for the answer.
type deferred struct {
	books *Books

	mu      sync.Mutex
	timers  map[string]*time.Timer
	stopped bool
}

// startDeferred takes up the effects that an earlier process left in the books. None is later than
// slow from now: the delay may have been set shorter, or the clock back.
func startDeferred(books *Books, slow time.Duration) (*deferred, error) {
	d := &deferred{books: books, timers: map[string]*time.Timer{}}
	pending, err := books.Pending()
	if err != nil {
		return nil, err
	}
	for _, p := range pending {
		d.schedule(p, min(time.Until(p.Due), slow))
	}
	return d, nil
}

// schedule settles p after the given delay; the channel yields the answer and is closed without one
// when stopped.
func (d *deferred) schedule(p pendingEffect, delay time.Duration) <-chan *Answer {
	answered := make(chan *Answer, 1)
	d.arm(p, delay, answered)
	return answered
}

func (d *deferred) arm(p pendingEffect, delay time.Duration, answered chan *Answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		close(answered)
		return
	}
	d.timers[p.Key] = time.AfterFunc(delay, func() { d.settle(p, answered) })
}

func (d *deferred) settle(p pendingEffect, answered chan *Answer) {
	answer, err := d.books.Settle(p)
	if err != nil {
		slog.Error("an effect is late, trying again", "reference", p.Request.Reference, "error", err)
		d.arm(p, settleRetry, answered)
		return
	}
	d.mu.Lock()
	delete(d.timers, p.Key)
	d.mu.Unlock()
	answered <- answer
	close(answered)
}

// stop forgets the timers; what is not settled stays in the books for the next start. Call it when
// no request is served any more: the ones that were waiting have their answer by then.
func (d *deferred) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	for _, timer := range d.timers {
		timer.Stop()
	}
}
