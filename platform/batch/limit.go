// Package batch bounds what a reader of a log takes at once, so that it makes progress however slow
// the line is, or however busy the store, to which it brings the events.
package batch

import "time"

// Limit is how much to take at once. It halves when a batch fails or takes long, down to one event,
// and doubles again, up to where it began, while batches are quick. It is for one reader; it is not
// safe for concurrent use.
type Limit struct {
	events, mostEvents int
	bytes, mostBytes   int
	timeout            time.Duration
}

// NewLimit makes a limit of at most so many events and, beyond the first event of a batch, so many
// bytes. Timeout is what bounds the handling of one batch.
func NewLimit(events, bytes int, timeout time.Duration) *Limit {
	return &Limit{events: events, mostEvents: events, bytes: bytes, mostBytes: bytes, timeout: timeout}
}

// Events is the most events to take, at least 1.
func (l *Limit) Events() int { return l.events }

// Bytes is the size at which a batch is full: the event that reaches it is the last one taken.
func (l *Limit) Bytes() int { return l.bytes }

// Done tells how long a batch took.
func (l *Limit) Done(events, bytes int, took time.Duration) {
	switch {
	case took > l.timeout/2:
		l.shrink(events, bytes)
	case took < l.timeout/4:
		l.events = min(2*l.events, l.mostEvents)
		l.bytes = min(2*l.bytes, l.mostBytes)
	}
}

// Failed tells that a batch failed, for whatever reason: a small one is tried next, which also
// finds the one event that nobody takes.
func (l *Limit) Failed(events, bytes int) { l.shrink(events, bytes) }

// FailedToRead tells that the batch did not even arrive.
func (l *Limit) FailedToRead() { l.shrink(l.events, l.bytes) }

// shrink halves what the batch had, which may be far below the limit.
func (l *Limit) shrink(events, bytes int) {
	l.events = max(1, min(l.events, events)/2)
	l.bytes = max(1, min(l.bytes, bytes)/2)
}
