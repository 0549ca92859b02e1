// Package batch adapts the size of a batch to the speed of the connection and of the store that
// takes it.
package batch

import "time"

// Limit bounds a batch. It halves when a batch fails or is slow, down to one event, and doubles
// again up to its first value while batches are fast. It is not safe for concurrent use.
type Limit struct {
	events, mostEvents int
	bytes, mostBytes   int
	timeout            time.Duration
}

// NewLimit makes a limit of events and, after the first event of a batch, of bytes. The timeout is
// that of one batch.
func NewLimit(events, bytes int, timeout time.Duration) *Limit {
	return &Limit{events: events, mostEvents: events, bytes: bytes, mostBytes: bytes, timeout: timeout}
}

// Events is the largest number of events to take, at least 1.
func (l *Limit) Events() int { return l.events }

// Bytes is the size at which a batch is full: the event that reaches it is the last one taken.
func (l *Limit) Bytes() int { return l.bytes }

// Done reports a batch that succeeded and how long it took.
func (l *Limit) Done(events, bytes int, took time.Duration) {
	switch {
	case took > l.timeout/2:
		l.shrink(events, bytes)
	case took < l.timeout/4:
		l.events = min(2*l.events, l.mostEvents)
		l.bytes = min(2*l.bytes, l.mostBytes)
	}
}

// Failed reports a batch that failed. The next one is smaller, which also isolates an event that
// always fails.
func (l *Limit) Failed(events, bytes int) { l.shrink(events, bytes) }

// FailedToRead reports a batch that could not be read.
func (l *Limit) FailedToRead() { l.shrink(l.events, l.bytes) }

// shrink halves the size of the batch that failed, which may be far below the limit.
func (l *Limit) shrink(events, bytes int) {
	l.events = max(1, min(l.events, events)/2)
	l.bytes = max(1, min(l.bytes, bytes)/2)
}
