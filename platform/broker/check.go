package broker

import (
	"context"
	"fmt"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/ordersaga/ordersaga/platform/doctor"
)

// Check makes a check that connects to the broker and declares the exchange and the queues, as
// every start does. It remarks on dead letters.
func Check(url string, expected ...Queue) doctor.Check {
	return doctor.Check{Subject: "AMQP_URL", Encrypted: func() error { return encrypted(url) }, Try: func(ctx context.Context) (found string, err error) {
		connection, err := dial(ctx, url, "doctor")
		if err != nil {
			return "", err
		}
		defer connection.close()
		product, _ := connection.Properties["product"].(string)
		version, _ := connection.Properties["version"].(string)
		found = fmt.Sprintf("%s %s, vhost %s", product, version, connection.Config.Vhost)
		var remarks []string
		err = connection.within(ctx, func() error {
			remarks, err = look(connection, expected)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("%s: %w", found, explain(connection, err))
		}
		if len(remarks) > 0 {
			return found, doctor.Remark(strings.Join(remarks, "; "))
		}
		return fmt.Sprintf("%s, %d consumers' queues", found, len(expected)), nil
	}}
}

// look declares the expected queues and returns remarks about them. It fails when a queue is
// missing and cannot be declared.
func look(connection *connection, expected []Queue) (remarks []string, err error) {
	d := &declarer{connection: connection}
	defer d.close()
	if err := d.expected(expected); err != nil {
		return nil, err
	}
	lacking, err := d.lacking(expected)
	if err != nil {
		return nil, err
	}
	for _, err := range lacking {
		return nil, err
	}
	for _, refused := range d.refused {
		remarks = append(remarks, refused.Error())
	}
	channel, err := connection.Channel()
	if err != nil {
		return nil, err
	}
	dead, err := deadLetters(channel, expected)
	if len(dead) > 0 {
		remarks = append(remarks, strings.Join(dead, ", ")+": consumers failed to handle these")
	}
	return remarks, err
}

func deadLetters(channel *amqp.Channel, expected []Queue) (dead []string, err error) {
	for _, queue := range expected {
		name := queuesOf(queue.Name, retryDelays).dead()
		count, err := messages(channel, name)
		if err != nil {
			return nil, err
		}
		if count > 0 {
			dead = append(dead, fmt.Sprintf("%d dead letters in %s", count, name))
		}
	}
	return dead, nil
}
