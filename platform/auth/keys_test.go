package auth

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestKeysAreDownloadedAtMostOnceInAWhile(t *testing.T) {
	now := time.Now()
	downloads := 0
	down := false
	d := &keyDownload{now: func() time.Time { return now }, next: roundTrip(func(*http.Request) (*http.Response, error) {
		if down {
			return nil, errors.New("connection refused")
		}
		downloads++
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"keys":[]}`))}, nil
	})}
	get := func() error {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://id.example.com/jwks", nil)
		require.NoError(t, err)
		response, err := d.RoundTrip(request)
		if err == nil {
			body, readErr := io.ReadAll(response.Body)
			require.NoError(t, readErr)
			assert.JSONEq(t, `{"keys":[]}`, string(body))
		}
		return err
	}
	require.NoError(t, get())
	require.NoError(t, get())
	assert.Equal(t, 1, downloads)
	now = now.Add(keyRefresh)
	require.NoError(t, get())
	assert.Equal(t, 2, downloads, "a new key is found after a while")
	down = true
	require.NoError(t, get(), "what was downloaded a moment ago is still good")
	now = now.Add(keyRefresh)
	require.ErrorIs(t, get(), errKeys)
}
