package broker

import amqp "github.com/rabbitmq/amqp091-go"

// Queue is a consumer's queue as those who publish know it: its name, without the
// prefix, and the types that are routed to it.
type Queue struct {
	Name  string
	Types []string
}

// Queues takes queues as a contract lists them, which knows nothing of brokers.
func Queues[Q ~struct {
	Name  string
	Types []string
}](listed []Q) []Queue {
	queues := make([]Queue, len(listed))
	for i, queue := range listed {
		queues[i] = Queue(queue)
	}
	return queues
}

// declaring makes the exchange and the queues before the first event passes: one
// that is published before a queue is bound passes its consumer by for ever.
func declaring(expected []Queue) func(*amqp.Channel) error {
	return func(channel *amqp.Channel) error {
		if err := declareExchange(channel); err != nil {
			return err
		}
		for _, queue := range expected {
			if err := queuesOf(queue.Name, retryDelays).declare(channel, queue.Types); err != nil {
				return err
			}
		}
		return nil
	}
}
