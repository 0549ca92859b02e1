package mongodb_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
)

// The line falls silent under a caller that is patient. It hears of it, and the store is written to
// again as soon as the line works.
func TestAWriteOverASilentLineEndsAndTheStoreIsReachedAgain(t *testing.T) {
	t.Parallel()
	uri, name := testkit.MongoDB(t)
	line := netfault.New(t, uri)
	db, err := mongodb.Open(t.Context(), line.URL(), name)
	require.NoError(t, err)
	t.Cleanup(func() { _ = mongodb.Close(context.Background(), db) })
	write := func(version int64) error {
		patient, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		return replace(patient, db.Collection("things"), "a", version, thing{ID: "a", Version: version, Name: "x"})
	}
	opened := time.Now()
	testkit.Eventually(t, "the monitor's looks at the start to be over", func() bool {
		require.NoError(t, write(1))
		return time.Since(opened) > 2*time.Second
	})
	line.Silence()
	written := make(chan error, 1)
	go func() { written <- write(2) }()
	select {
	case err := <-written:
		assert.Error(t, err)
	case <-time.After(time.Minute):
		t.Fatal("the write waits for ever")
	}
	line.Heal()
	testkit.Eventually(t, "the store to be reached again", func() bool { return write(3) == nil })
	require.EqualValues(t, 3, find(t, db.Collection("things"), "a").Version)
}
