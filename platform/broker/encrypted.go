package broker

import (
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/ordersaga/ordersaga/platform/doctor"
)

// encrypted fails for a connection to another machine without TLS.
func encrypted(url string) error {
	parsed, err := amqp.ParseURI(url)
	if err != nil {
		return errors.New("is no AMQP URL") // the error may quote the password
	}
	if parsed.Scheme == "amqps" || doctor.Local(parsed.Host) {
		return nil
	}
	return fmt.Errorf("must begin with amqps: %s is not this machine", parsed.Host)
}
