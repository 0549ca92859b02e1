package broker

import (
	"errors"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
)

// A server that is low on memory or disk says so on the connection, once for each alarm; publishing
// is refused at once until it says that all is well.
func TestBlockedConnectionIsNotWrittenTo(t *testing.T) {
	c := &connection{blocked: make(chan struct{})}
	say := func(changes ...amqp.Blocking) {
		t.Helper()
		said := make(chan amqp.Blocking, len(changes))
		for _, change := range changes {
			said <- change
		}
		close(said)
		c.watchBlocking(said)
	}
	expect := func(blocked bool) {
		t.Helper()
		if err := c.writable(); errors.Is(err, ErrDisconnected) != blocked {
			t.Errorf("writable: %v, want blocked: %v", err, blocked)
		}
		select {
		case <-c.blocking():
			if !blocked {
				t.Error("a publisher that waits for confirms gives up although nothing is blocked")
			}
		default:
			if blocked {
				t.Error("a publisher that waits for confirms does not hear of it")
			}
		}
	}
	expect(false)
	say(amqp.Blocking{Active: true, Reason: "low on memory"})
	expect(true)
	say(amqp.Blocking{Active: true, Reason: "low on disk"})
	expect(true)
	say(amqp.Blocking{Active: false})
	expect(false)
	say(amqp.Blocking{Active: true})
	expect(true)
	say(amqp.Blocking{Active: false}, amqp.Blocking{Active: false})
	expect(false)
}
