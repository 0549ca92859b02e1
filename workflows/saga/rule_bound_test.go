package saga

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// A task that takes longer than its timeout is given to another worker, and all its local tries are
// made again. So they share one bound, however slow each of them is.
func TestTheLocalTriesOfOneTaskShareTwoSeconds(t *testing.T) {
	now, begin := time.Unix(1_800_000_000, 0), time.Unix(1_800_000_000, 0)
	var tries local
	for range 4 {
		if left := tries.left(now); left >= localLeast {
			now = now.Add(left) // as slow as it may be
		}
	}
	assert.Equal(t, 2*time.Second, now.Sub(begin))
	assert.Less(t, 2*time.Second, sagas.WorkflowTaskTimeout)

	tries.border()
	assert.Equal(t, time.Second, tries.left(now), "the next task has its own")
}
