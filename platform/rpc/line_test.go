package rpc_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/auth/authtest"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
)

// noticed is when a silent line must be noticed by, with room for a busy machine.
const noticed = 24 * time.Second

// TestASilentLineIsNoticedByBothSides has a call under way when the line falls silent: its caller
// is told, and its handler is stopped.
func TestASilentLineIsNoticedByBothSides(t *testing.T) {
	t.Parallel()
	issuer := authtest.New(t)
	token := bearer(issuer.Token(t, "orders", auth.ScopeService))
	begun, stopped := make(chan struct{}), make(chan time.Time, 1)
	var calls atomic.Int32
	server := serve(t, issuer, token, func(ctx context.Context) error {
		if calls.Add(1) > 1 {
			return nil
		}
		close(begun)
		<-ctx.Done()
		stopped <- time.Now()
		return ctx.Err()
	})
	line := netfault.New(t, "tcp://"+server.Target())
	connection := dial(t, line.URL()[len("tcp://"):], token)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	told := make(chan error, 1)
	go func() { told <- connection.Invoke(ctx, reserve, reserveLines("1 TEA"), newReserve()) }()
	<-begun
	silent := time.Now()
	line.Forget()
	err := <-told
	assert.Equal(t, codes.Unavailable, status.Code(err), "%v", err)
	assert.Less(t, time.Since(silent), noticed, "the caller")
	assert.Less(t, (<-stopped).Sub(silent), noticed, "the service")
	require.NoError(t, connection.Invoke(ctx, reserve, reserveLines("1 TEA"), newReserve()), "who took the address over is called")
}
