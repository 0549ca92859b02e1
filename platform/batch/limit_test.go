package batch_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ordersaga/ordersaga/platform/batch"
)

// A line carries so many bytes a second, and a batch that takes longer than the timeout fails.
// Whatever the line, events arrive, and few tries are in vain.
func TestBatchesFindTheSizeThatArrives(t *testing.T) {
	const size, timeout = 100_000, 30 * time.Second
	for _, bytesPerSecond := range []int{4_000, 10_000, 100_000, 2_000_000, 100_000_000} {
		limit := batch.NewLimit(500, 4<<20, timeout)
		arrived, failed := 0, 0
		for range 100 {
			events := 0
			for events < limit.Events() && (events == 0 || events*size < limit.Bytes()) {
				events++
			}
			took := time.Duration(events*size) * time.Second / time.Duration(bytesPerSecond)
			if took > timeout {
				failed++
				limit.Failed(events, events*size)
				continue
			}
			arrived += events
			limit.Done(events, events*size, took)
		}
		assert.GreaterOrEqual(t, arrived, 90, "at %d bytes a second", bytesPerSecond)
		assert.Less(t, failed, 10, "at %d bytes a second", bytesPerSecond)
	}
}

func TestALimitIsAsLargeAsBeforeWhenBatchesAreQuickAgain(t *testing.T) {
	limit := batch.NewLimit(500, 4<<20, time.Minute)
	for range 30 {
		limit.Failed(limit.Events(), limit.Bytes())
	}
	assert.Equal(t, 1, limit.Events())
	assert.Equal(t, 1, limit.Bytes())
	for range 30 {
		limit.Done(limit.Events(), limit.Bytes(), time.Millisecond)
	}
	assert.Equal(t, 500, limit.Events())
	assert.Equal(t, 4<<20, limit.Bytes())
}

func TestAFailedBatchOfFewEventsIsHalvedNotTheLimit(t *testing.T) {
	limit := batch.NewLimit(500, 4<<20, time.Minute)
	limit.Failed(4, 1000)
	assert.Equal(t, 2, limit.Events())
	assert.Equal(t, 500, limit.Bytes())
}
