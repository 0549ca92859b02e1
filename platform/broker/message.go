package broker

import (
	"encoding/json"
	"fmt"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	amqp "github.com/rabbitmq/amqp091-go"
)

// maxShortString is AMQP's bound for routing keys and message ids, in bytes.
const maxShortString = 255

// encode makes the message of an event in structured JSON: the body alone is the whole event, also
// in a dead-letter queue.
func encode(event cloudevents.Event) (message, error) {
	if err := Validate(event); err != nil {
		return message{}, err
	}
	body, err := json.Marshal(event)
	if err != nil {
		return message{}, fmt.Errorf("encode event %s %s: %w", event.Type(), event.ID(), err)
	}
	return message{
		exchange: Exchange,
		key:      event.Type(),
		Publishing: amqp.Publishing{
			ContentType:  cloudevents.ApplicationCloudEventsJSON,
			DeliveryMode: amqp.Persistent,
			MessageId:    event.ID(),
			Type:         event.Type(),
			Timestamp:    event.Time(),
			Headers:      amqp.Table{},
			Body:         body,
		},
	}, nil
}

// Validate checks that an event can be published: a valid CloudEvent 1.0 whose type and id fit
// AMQP's 255 bytes.
func Validate(event cloudevents.Event) error {
	if err := event.Validate(); err != nil {
		return fmt.Errorf("not a valid CloudEvent: %s", strings.TrimSpace(err.Error()))
	}
	if len(event.Type()) > maxShortString || len(event.ID()) > maxShortString {
		return fmt.Errorf("event type %.40q… and id %.40q…: at most %d bytes each", event.Type(), event.ID(), maxShortString)
	}
	return nil
}

// decode reads an event. Its errors are poison, because a retry cannot fix them.
func decode(delivery amqp.Delivery) (cloudevents.Event, error) {
	mediaType, _, _ := strings.Cut(delivery.ContentType, ";")
	if !strings.EqualFold(strings.TrimSpace(mediaType), cloudevents.ApplicationCloudEventsJSON) {
		return cloudevents.Event{}, Poison(fmt.Errorf("content type %.80q is not %s", delivery.ContentType, cloudevents.ApplicationCloudEventsJSON))
	}
	var event cloudevents.Event
	if err := json.Unmarshal(delivery.Body, &event); err != nil {
		return cloudevents.Event{}, Poison(fmt.Errorf("not a CloudEvent: %w", err))
	}
	if err := event.Validate(); err != nil {
		return cloudevents.Event{}, Poison(fmt.Errorf("not a valid CloudEvent: %s", strings.TrimSpace(err.Error())))
	}
	return event, nil
}
