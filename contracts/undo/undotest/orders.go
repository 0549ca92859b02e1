// Package undotest has a replacement of the orders service for tests of services that ask it before
// an undo.
package undotest

import (
	"context"
	"net"
	"sync"
	"testing"

	"google.golang.org/grpc"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
)

// Orders answers that every saga has turned back, unless a test sets another answer.
type Orders struct {
	mu     sync.Mutex
	answer *ordersv1.CheckUndoResponse
	err    error
	asked  []*ordersv1.CheckUndoRequest
}

// Answers sets the answer.
func (o *Orders) Answers(answer *ordersv1.CheckUndoResponse, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer, o.err = answer, err
}

// Asked returns the requests.
func (o *Orders) Asked() []*ordersv1.CheckUndoRequest {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked
}

// CheckUndo is the one method that such services call.
func (o *Orders) CheckUndo(_ context.Context, request *ordersv1.CheckUndoRequest, _ ...grpc.CallOption) (*ordersv1.CheckUndoResponse, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, request)
	if o.answer == nil && o.err == nil {
		return &ordersv1.CheckUndoResponse{Allowed: true}, nil
	}
	return o.answer, o.err
}

// Serve serves it over gRPC until the test ends, and returns the address.
func (o *Orders) Serve(t testing.TB) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	calls := grpc.NewServer()
	ordersv1.RegisterOrdersServiceServer(calls, server{orders: o})
	go func() { _ = calls.Serve(listener) }()
	t.Cleanup(calls.Stop)
	return listener.Addr().String()
}

type server struct {
	ordersv1.UnimplementedOrdersServiceServer
	orders *Orders
}

func (s server) CheckUndo(ctx context.Context, request *ordersv1.CheckUndoRequest) (*ordersv1.CheckUndoResponse, error) {
	return s.orders.CheckUndo(ctx, request)
}
