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

// deliveryLimit bounds how often the broker delivers a message to consumers that disconnect without
// settling it, because it may be what crashes them. RabbitMQ 3 has no limit by default and 4 has
// 20. Each lost connection counts for every message taken, so the limit is high enough for a bad
// network.
const deliveryLimit = 100

// looksLimit is how often a dead letter can be inspected: in practice without a limit.
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

// declare declares the queues. Every argument is given, also where it equals a version's default,
// so that RabbitMQ 3.10 to 4 accept the declaration for the same queue.
func (q queues) declare(d *declarer) error {
	// Depth takes dead letters and returns them, which counts as a delivery. RabbitMQ 4 would drop
	// a letter after 20.
	if err := d.queue(q.dead(), amqp.Table{"x-delivery-limit": int64(looksLimit)}); err != nil {
		return err
	}
	main := deadLetteredTo(q.dead())
	main["x-delivery-limit"] = int64(deliveryLimit)
	// Only one consumer at a time keeps the order of the queue: one process is active, the others
	// stand by.
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

// deadLetteredTo returns the arguments of a queue whose messages the broker moves to another queue.
// With at-least-once a message is kept until the next queue has confirmed it; with the default a
// crash could lose it. It requires reject-publish.
func deadLetteredTo(queue string) amqp.Table {
	return amqp.Table{
		"x-dead-letter-exchange":    "",
		"x-dead-letter-routing-key": queue,
		"x-dead-letter-strategy":    "at-least-once",
		"x-overflow":                "reject-publish",
	}
}

// wanted reports whether an event type matches one of the patterns, as the topic exchange does: *
// is one word, # any number. Bindings of earlier versions stay on the broker, and the events they
// bring must not go to the dead-letter queue.
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
