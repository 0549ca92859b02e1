package broker

import "time"

// RetryingAfter gives the consumer shorter pauses than production's 36 s.
func (c Consumer) RetryingAfter(delays ...time.Duration) Consumer {
	c.delays = delays
	return c
}

// SubscribingAgainAfter gives the consumer a shorter silence than production's 30 s.
func (c Consumer) SubscribingAgainAfter(silence time.Duration) Consumer {
	c.idle = silence
	return c
}

// HoldingFor gives the consumer a shorter hold than production's 20 min.
func (c Consumer) HoldingFor(limit time.Duration) Consumer {
	c.holdLimit = limit
	return c
}

// RetryDelays are production's pauses.
var RetryDelays = retryDelays
