package broker

import (
	"fmt"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// retryDelays are the pauses before the second, third and fourth attempt. They are part of the
// queues' arguments, which cannot be changed once declared: new delays need new queue names.
var retryDelays = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second}

// deliveryLimit is how often the broker gives one message to consumers that go away without
// settling it, before it takes the message for what kills them. RabbitMQ 3 has no limit by default
// and 4 has 20; each lost connection counts for every message in hand, so the limit is well above
// what a bad network does.
const deliveryLimit = 100

// looksLimit is how often a dead letter can be looked at: without an end, as far as people go.
const looksLimit = 1_000_000_000

// queues are the names and arguments of one consumer's queues.
type queues struct {
	main   string
	delays []time.Duration
}

func queuesOf(consumer string, delays []time.Duration) queues {
	return queues{main: "ordersaga." + consumer, delays: delays}
}

func (q queues) dead() string { return q.main + ".dead" }

// retry names the queue that delays before the attempt after the given number of failed ones.
func (q queues) retry(failed int) string { return fmt.Sprintf("%s.retry.%d", q.main, failed) }

// declare makes the queues, or finds them as they are. Every argument is given, also where a
// version's default is the same, so that RabbitMQ 3.10 to 4 take the same declaration as the same
// queue.
func (q queues) declare(d *declarer) error {
	// To look at a dead letter and put it back counts as a delivery (Depth does). RabbitMQ 4 would
	// drop it after 20 looks.
	if err := d.queue(q.dead(), amqp.Table{"x-delivery-limit": int64(looksLimit)}); err != nil {
		return err
	}
	main := deadLetteredTo(q.dead())
	main["x-delivery-limit"] = int64(deliveryLimit)
	// The order of a queue holds only for one consumer at a time: of several processes one is
	// active and the others stand by.
	main["x-single-active-consumer"] = true
	if err := d.queue(q.main, main); err != nil {
		return err
	}
	for i, delay := range q.delays {
		retry := deadLetteredTo(q.main)
		retry["x-message-ttl"] = delay.Milliseconds()
		if err := d.queue(q.retry(i+1), retry); err != nil {
			return err
		}
	}
	return nil
}

// deadLetteredTo are the arguments of a queue whose messages the broker itself moves on.
// At-least-once keeps a message until its next queue has confirmed it; the default would lose it in
// a crash. It demands reject-publish.
func deadLetteredTo(queue string) amqp.Table {
	return amqp.Table{
		"x-dead-letter-exchange":    "",
		"x-dead-letter-routing-key": queue,
		"x-dead-letter-strategy":    "at-least-once",
		"x-overflow":                "reject-publish",
	}
}

// wanted tells whether an event type matches one of the patterns, as the topic exchange does: * is
// one word, # any number. A binding of an earlier version stays on the broker, and what it still
// brings must not become poison.
func wanted(patterns []string, eventType string) bool {
	words := strings.Split(eventType, ".")
	for _, pattern := range patterns {
		if matches(strings.Split(pattern, "."), words) {
			return true
		}
	}
	return false
}

func matches(pattern, words []string) bool {
	if len(pattern) == 0 {
		return len(words) == 0
	}
	if pattern[0] == "#" {
		return matches(pattern[1:], words) || len(words) > 0 && matches(pattern, words[1:])
	}
	return len(words) > 0 && (pattern[0] == "*" || pattern[0] == words[0]) && matches(pattern[1:], words[1:])
}
