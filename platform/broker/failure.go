package broker

import (
	"errors"
	"maps"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/ordersaga/ordersaga/platform/text"
)

// These headers are added when a delivery fails. The broker adds its own (x-death,
// x-first-death-reason). A message that reached the delivery limit, because its consumers kept
// crashing, has only those.
const (
	// HeaderAttempts counts the failed attempts.
	HeaderAttempts = "x-ordersaga-attempts"
	// HeaderReason is the text of the last error.
	HeaderReason = "x-ordersaga-reason"
	// HeaderCause is "poison" or "retries_exhausted".
	HeaderCause = "x-ordersaga-cause"
	// HeaderFailedAt is when the last attempt failed, RFC 3339 in UTC.
	HeaderFailedAt = "x-ordersaga-failed-at"
)

// maxReason bounds the reason in a header, in characters.
const maxReason = 1024

// poison marks an error that a retry cannot fix.
type poison struct{ error }

func (p poison) Unwrap() error { return p.error }

// Poison marks an error as permanent: the message goes straight to the consumer's dead-letter
// queue, with the error's text as the reason.
func Poison(err error) error {
	if err == nil {
		return nil
	}
	return poison{err}
}

func isPoison(err error) bool {
	var p poison
	return errors.As(err, &p)
}

// failed returns the message to send on after a failed delivery: to the next retry queue, or to the
// dead-letter queue when the error is poison or no retries are left.
func (q queues) failed(delivery amqp.Delivery, cause error) (next message, outcome string) {
	attempts := attemptsOf(delivery) + 1
	table := amqp.Table{}
	maps.Copy(table, delivery.Headers)
	table[HeaderAttempts] = int64(attempts)
	table[HeaderReason] = reasonOf(cause)
	table[HeaderFailedAt] = time.Now().UTC().Format(time.RFC3339)
	key, outcome := q.dead(), "dead"
	switch {
	case isPoison(cause):
		table[HeaderCause] = "poison"
	case attempts > len(q.delays):
		table[HeaderCause] = "retries_exhausted"
	default:
		key, outcome = q.retry(attempts), "retried"
	}
	return message{key: key, Publishing: amqp.Publishing{
		ContentType:     delivery.ContentType,
		ContentEncoding: delivery.ContentEncoding,
		DeliveryMode:    amqp.Persistent,
		MessageId:       delivery.MessageId,
		Type:            delivery.Type,
		Timestamp:       delivery.Timestamp,
		Headers:         table,
		Body:            delivery.Body,
	}}, outcome
}

func attemptsOf(delivery amqp.Delivery) int {
	attempts, _ := delivery.Headers[HeaderAttempts].(int64)
	return int(max(attempts, 0))
}

// reasonOf returns the error as one escaped line: it may contain untrusted text from the event or a
// store.
func reasonOf(err error) string { return text.Line(err.Error(), maxReason) }
