package eventstore_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
)

func TestAllStreamsCanBeReadPageByPage(t *testing.T) {
	store, _ := newStore(t)
	for i := range 5 {
		_, err := store.Append(t.Context(), fmt.Sprintf("order-%d", i), 0, events(1+i)...)
		require.NoError(t, err)
	}
	first, err := store.Streams(t.Context(), "", 3)
	require.NoError(t, err)
	assert.Equal(t, []string{"order-0", "order-1", "order-2"}, first)
	rest, err := store.Streams(t.Context(), "order-2", 3)
	require.NoError(t, err)
	assert.Equal(t, []string{"order-3", "order-4"}, rest)

	loaded, err := store.LoadMany(t.Context(), []string{"order-1", "order-4", "order-9"})
	require.NoError(t, err)
	require.Len(t, loaded, 2)
	for stream, want := range map[string]int{"order-1": 2, "order-4": 5} {
		one, err := store.Load(t.Context(), stream)
		require.NoError(t, err)
		assert.Len(t, loaded[stream], want)
		assert.Equal(t, one, loaded[stream])
	}
}

func TestStreamsAreFoundByWhereTheyWereOpened(t *testing.T) {
	store, _ := newStore(t)
	for i := range 3 {
		_, err := store.Append(t.Context(), fmt.Sprintf("order-%d", i), 0, events(2)...)
		require.NoError(t, err)
	}
	none, err := store.Opened(t.Context(), 0, 100)
	require.NoError(t, err)
	assert.Empty(t, none, "nothing is sequenced yet")
	running(t, store.Sequence)
	testkit.Eventually(t, "the events to be sequenced", func() bool {
		found, err := store.Opened(t.Context(), 0, 100)
		return err == nil && len(found) == 3
	})
	second, err := store.Opened(t.Context(), 2, 5)
	require.NoError(t, err)
	assert.Equal(t, []string{"order-1"}, second, "opened at 1, 3 and 5")
}

func TestStreamsAreFoundByWhatChanged(t *testing.T) {
	store, _ := newStore(t)
	for i := range 3 {
		_, err := store.Append(t.Context(), fmt.Sprintf("order-%d", i), 0, events(2)...)
		require.NoError(t, err)
	}
	head, err := store.Head(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 6, head, "what is not sequenced yet counts")
	none, upTo, err := store.Changed(t.Context(), 0, 100)
	require.NoError(t, err)
	assert.Empty(t, none, "nothing is sequenced yet")
	assert.Zero(t, upTo)
	running(t, store.Sequence)
	testkit.Eventually(t, "the events to be sequenced", func() bool {
		changed, upTo, err := store.Changed(t.Context(), 0, 100)
		return err == nil && len(changed) == 3 && upTo == 6
	})
	changed, upTo, err := store.Changed(t.Context(), 1, 3)
	require.NoError(t, err)
	assert.Equal(t, []string{"order-0", "order-1"}, changed)
	assert.EqualValues(t, 4, upTo)
	none, upTo, err = store.Changed(t.Context(), 6, 3)
	require.NoError(t, err)
	assert.Empty(t, none)
	assert.EqualValues(t, 6, upTo)
}

func TestKeysSortAlikeInEveryDatabase(t *testing.T) {
	_, db := newStore(t)
	testkit.TextKeysAreBytewise(t, db.SQL)
}
