// Package undotest has a replacement of the orders service for tests of services that ask it before
// an undo, and that tell it what became of its money.
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
	told   []*ordersv1.RecordPaymentRequest
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

// RecordPayment keeps what it is told. It fails as CheckUndo does.
func (o *Orders) RecordPayment(_ context.Context, request *ordersv1.RecordPaymentRequest, _ ...grpc.CallOption) (*ordersv1.RecordPaymentResponse, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, request)
	return &ordersv1.RecordPaymentResponse{}, o.err
}

// Told returns what it was told.
func (o *Orders) Told() []*ordersv1.RecordPaymentRequest {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.told
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

func (s server) RecordPayment(ctx context.Context, request *ordersv1.RecordPaymentRequest) (*ordersv1.RecordPaymentResponse, error) {
	return s.orders.RecordPayment(ctx, request)
}

func (s server) CheckUndo(ctx context.Context, request *ordersv1.CheckUndoRequest) (*ordersv1.CheckUndoResponse, error) {
	return s.orders.CheckUndo(ctx, request)
}
