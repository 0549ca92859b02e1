package unavailable_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/platform/unavailable"
)

func TestNotNowIsToldApart(t *testing.T) {
	for name, err := range map[string]error{
		"said so":                        unavailable.New("The provider does not answer", errors.New("boom")),
		"a deadline":                     context.DeadlineExceeded,
		"a cancelled call":               context.Canceled,
		"a refused connection":           &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		"a name that is none":            &net.DNSError{Err: "no such host", Name: "catalog"},
		"MongoDB's connection":           mongo.CommandError{Labels: []string{"NetworkError"}},
		"MongoDB's fail-over":            mongo.CommandError{Code: 10107, Message: "not primary"},
		"a service that does not answer": status.Error(codes.Unavailable, "dial 10.0.0.7"),
		"a service that is slow":         status.Error(codes.DeadlineExceeded, "too late"),
	} {
		assert.True(t, unavailable.Is(err), name)
		assert.True(t, unavailable.Is(fmt.Errorf("read: %w", err)), "%s, wrapped", name)
	}
	for name, err := range map[string]error{
		"nothing": nil, "a mistake": errors.New("boom"), "an end": io.EOF, "a bad argument": status.Error(codes.InvalidArgument, "no"),
		"MongoDB's no": mongo.CommandError{Code: 11000, Message: "duplicate key"},
	} {
		assert.False(t, unavailable.Is(err), name)
	}
	said, ok := unavailable.As(fmt.Errorf("authorize: %w", unavailable.New("Try again", io.EOF)))
	assert.True(t, ok)
	assert.Equal(t, "Try again", said.Message)
	assert.EqualError(t, said, "Try again: EOF")
	assert.ErrorIs(t, said, io.EOF)
}
