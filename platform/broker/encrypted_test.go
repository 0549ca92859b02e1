package broker

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAConnectionThatLeavesTheMachineIsEncrypted(t *testing.T) {
	for url, want := range map[string]string{
		"amqps://u:hunter2@mq:5671/shop":      "",
		"amqp://u:hunter2@mq:5672/shop":       "must begin with amqps: mq is not this machine",
		"amqp://u:hunter2@127.0.0.1:5672/":    "",
		"amqp://u:hunter2@localhost:5672/":    "",
		"amqp://u:hunter2@10.0.0.7:5672/shop": "must begin with amqps: 10.0.0.7 is not this machine",
		"http://u:hunter2@mq/":                "is no AMQP URL",
	} {
		err := encrypted(url)
		if want == "" {
			assert.NoError(t, err, url)
			continue
		}
		assert.EqualError(t, err, want, url)
	}
}
