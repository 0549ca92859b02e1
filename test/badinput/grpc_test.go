package badinput_test

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ordersaga/ordersaga/contracts/programs"
	catalogv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/catalog/v1"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// contracts are the gRPC contracts by the program that keeps them.
var contracts = map[string]protoreflect.FileDescriptor{
	shop.Catalog:   catalogv1.File_ordersaga_catalog_v1_catalog_proto,
	shop.Inventory: inventoryv1.File_ordersaga_inventory_v1_inventory_proto,
	shop.Orders:    ordersv1.File_ordersaga_orders_v1_orders_proto,
	shop.Payments:  paymentsv1.File_ordersaga_payments_v1_payments_proto,
}

// eachMethod of each service of the contracts.
func eachMethod(visit func(program string, method protoreflect.MethodDescriptor)) {
	for program, file := range contracts {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				visit(program, methods.Get(j))
			}
		}
	}
}

func pathOf(method protoreflect.MethodDescriptor) string {
	return "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
}

func (w *world) refusesCalls(t *testing.T, before state) {
	worker, orders := testkit.Token(t, programs.Worker, auth.ScopeService), testkit.Token(t, programs.Orders, auth.ScopeService)
	connections := map[string]*grpc.ClientConn{}
	for program := range contracts {
		// Not rpc.Dial, which would put right what is to be wrong here.
		connection, err := grpc.NewClient(w.GRPC(program), grpc.WithTransportCredentials(insecure.NewCredentials()))
		require.NoError(t, err)
		t.Cleanup(func() { connection.Close() })
		connections[program] = connection
	}
	call := func(t *testing.T, program, path, token string, request any, options ...grpc.CallOption) error {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if token != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
		}
		err := connections[program].Invoke(ctx, path, request, new(commonv1.Money), options...)
		assert.Equal(t, before, w.state(t), "nothing has changed")
		return err
	}

	eachMethod(func(program string, method protoreflect.MethodDescriptor) {
		path, empty := pathOf(method), dynamicpb.NewMessage(method.Input())
		service, other, mayNot := worker, orders, programs.Orders
		switch {
		case program == shop.Catalog:
			service, other, mayNot = orders, worker, programs.Worker
		case path == ordersv1.OrdersService_CheckUndo_FullMethodName:
			service, other, mayNot = testkit.Token(t, programs.Inventory, auth.ScopeService), worker, programs.Worker
		case path == ordersv1.OrdersService_RecordPayment_FullMethodName:
			service, other, mayNot = testkit.Token(t, programs.Payments, auth.ScopeService), worker, programs.Worker
		}
		t.Run(string(method.Name()), func(t *testing.T) {
			for name, test := range map[string]struct {
				token string
				code  codes.Code
			}{
				"no token":                   {"", codes.Unauthenticated},
				"babble for a token":         {"babble", codes.Unauthenticated},
				"an expired token":           {w.tokens[late], codes.Unauthenticated},
				"a forged token":             {forged(t, "worker", auth.ScopeService), codes.Unauthenticated},
				"a shopper's token":          {w.tokens[anna], codes.PermissionDenied},
				"an operator's token":        {w.tokens[operator], codes.PermissionDenied},
				"another program's token":    {other, codes.PermissionDenied},
				"a token of a third program": {testkit.Token(t, "accounting", auth.ScopeService), codes.PermissionDenied},
				"a message without anything": {service, codes.InvalidArgument},
			} {
				assert.Equal(t, test.code, status.Code(call(t, program, path, test.token, empty)), name)
			}
			assert.ErrorContains(t, call(t, program, path, other, empty), fmt.Sprintf("the client %q may not call %s;", mayNot, path))
			unbounded := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+service)
			err := connections[program].Invoke(unbounded, path, empty, new(commonv1.Money))
			assert.Equal(t, codes.InvalidArgument, status.Code(err), "no deadline: %v", err)
			assert.ErrorContains(t, err, "deadline")

			err = call(t, program, path, service, []byte{0xff, 0xff, 0xff}, grpc.ForceCodec(raw{}))
			assert.Equal(t, codes.Internal, status.Code(err), "not protobuf: %v", err) // as gRPC has it
			err = call(t, program, path, service, bytes.Repeat([]byte{0}, 5<<20), grpc.ForceCodec(raw{}))
			assert.Equal(t, codes.ResourceExhausted, status.Code(err), "five megabytes: %v", err)
		})
	})
	t.Run("a method that is none", func(t *testing.T) {
		err := call(t, shop.Orders, "/ordersaga.orders.v1.OrdersService/Steal", worker, new(commonv1.Step))
		assert.Equal(t, codes.Unimplemented, status.Code(err))
	})

	t.Run("orders undoes what the worker did", func(t *testing.T) {
		stepOf := func(name string) *commonv1.Step {
			return sagas.Step(sagas.Placing(path.Base(w.annas)), name)
		}
		void := &paymentsv1.VoidRequest{Step: stepOf("authorize-payment")}
		err := call(t, shop.Payments, paymentsv1.PaymentsService_Void_FullMethodName, orders, void)
		assert.Equal(t, codes.PermissionDenied, status.Code(err), "%v", err)
		release := &inventoryv1.ReleaseRequest{Step: stepOf("reserve-stock")}
		err = call(t, shop.Inventory, inventoryv1.InventoryService_Release_FullMethodName, orders, release)
		assert.Equal(t, codes.PermissionDenied, status.Code(err), "%v", err)
	})

	for name, test := range invalidMessages() {
		t.Run(name, func(t *testing.T) {
			require.NotEmpty(t, test.program)
			caller := worker
			if test.program == shop.Catalog {
				caller = orders
			}
			err := call(t, test.program, test.path, caller, test.message)
			require.Equal(t, codes.InvalidArgument, status.Code(err), "%v", err)
			assert.Equal(t, test.field, faultIn(err))
		})
	}
}

// raw sends bytes as they are.
type raw struct{ encoding.Codec }

func (raw) Name() string                    { return "proto" }
func (raw) Marshal(v any) ([]byte, error)   { return v.([]byte), nil }
func (raw) Unmarshal(_ []byte, _ any) error { return nil }

// faultIn is the first field that an error names, empty when it names none.
func faultIn(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok && len(bad.GetFieldViolations()) > 0 {
			return bad.GetFieldViolations()[0].GetField()
		}
	}
	return ""
}

// badCall is a message that is almost right.
type badCall struct {
	program, path string
	message       proto.Message
	field         string // at fault; empty for what no field alone is
}

func invalidMessages() map[string]badCall {
	step := func() *commonv1.Step {
		return sagas.Step(sagas.Placing("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), "step")
	}
	lines := func(count int, quantity int64) (lines []*commonv1.Line) {
		for i := range count {
			lines = append(lines, &commonv1.Line{Number: int32(i) + 1, Sku: "tea", Quantity: quantity})
		}
		return lines
	}
	calls := map[string]badCall{}
	reserve := func(name, field string, change func(*inventoryv1.ReserveRequest)) {
		request := &inventoryv1.ReserveRequest{Step: step(), Lines: lines(1, 1), HoldFor: durationpb.New(time.Minute)}
		change(request)
		calls["Reserve "+name] = badCall{shop.Inventory, inventoryv1.InventoryService_Reserve_FullMethodName, request, field}
	}
	reserve("for no order", "step.saga.order_id", func(r *inventoryv1.ReserveRequest) { r.Step.Saga.OrderId = "garbage" })
	reserve("in no saga", "step.saga.kind", func(r *inventoryv1.ReserveRequest) { r.Step.Saga.Kind = "" })
	reserve("in no instance", "step.saga.instance", func(r *inventoryv1.ReserveRequest) { r.Step.Saga.Instance = "" })
	reserve("a line without a number", "lines[0].number", func(r *inventoryv1.ReserveRequest) { r.Lines[0].Number = 0 })
	reserve("in a step with a long name", "step.name", func(r *inventoryv1.ReserveRequest) { r.Step.Name = strings.Repeat("x", 101) })
	reserve("zero", "lines[0].quantity", func(r *inventoryv1.ReserveRequest) { r.Lines = lines(1, 0) })
	reserve("less than nothing", "lines[0].quantity", func(r *inventoryv1.ReserveRequest) { r.Lines = lines(1, -5) })
	reserve("above the limit", "lines[0].quantity", func(r *inventoryv1.ReserveRequest) { r.Lines = lines(1, 100_001) })
	reserve("1,001 lines", "lines", func(r *inventoryv1.ReserveRequest) { r.Lines = lines(1001, 1) })
	reserve("a SKU that is too long", "lines[0].sku", func(r *inventoryv1.ReserveRequest) { r.Lines[0].Sku = strings.Repeat("x", 65) })
	reserve("for no time", "hold_for", func(r *inventoryv1.ReserveRequest) { r.HoldFor = durationpb.New(0) })
	reserve("for ever", "hold_for", func(r *inventoryv1.ReserveRequest) { r.HoldFor = durationpb.New(24*time.Hour + 1) })
	reserve("for a duration that is none", "hold_for", func(r *inventoryv1.ReserveRequest) { r.HoldFor.Nanos = -1 })

	authorize := func(name, field string, change func(*paymentsv1.AuthorizeRequest)) {
		request := &paymentsv1.AuthorizeRequest{
			Step: step(), CustomerId: "anna", Amount: &commonv1.Money{Amount: 450, Currency: "GBP"}, PaymentMethod: "card_approve",
		}
		change(request)
		calls["Authorize "+name] = badCall{shop.Payments, paymentsv1.PaymentsService_Authorize_FullMethodName, request, field}
	}
	authorize("nothing", "amount", func(r *paymentsv1.AuthorizeRequest) { r.Amount = nil })
	authorize("a negative amount", "", func(r *paymentsv1.AuthorizeRequest) { r.Amount.Amount = -450 })
	authorize("pounds", "amount.currency", func(r *paymentsv1.AuthorizeRequest) { r.Amount.Currency = "pounds" })
	authorize("with no card", "", func(r *paymentsv1.AuthorizeRequest) { r.PaymentMethod = "" })
	authorize("for nobody", "customer_id", func(r *paymentsv1.AuthorizeRequest) { r.CustomerId = "" })

	quote := func(name, field string, request *catalogv1.QuotePricesRequest) {
		calls["QuotePrices "+name] = badCall{shop.Catalog, catalogv1.CatalogService_QuotePrices_FullMethodName, request, field}
	}
	quote("of nothing", "lines", &catalogv1.QuotePricesRequest{Currency: "GBP"})
	quote("in pounds", "currency", &catalogv1.QuotePricesRequest{Currency: "pounds", Lines: lines(1, 1)})
	quote("of 1,001 lines", "lines", &catalogv1.QuotePricesRequest{Currency: "GBP", Lines: lines(1001, 1)})

	record := func(name, field string, change func(*ordersv1.Placement)) {
		request := &ordersv1.RecordPlacedRequest{Saga: step().GetSaga(), Placement: &ordersv1.Placement{
			OrderId: step().GetSaga().GetOrderId(), CustomerId: "anna", RequestHash: strings.Repeat("0", 64),
			Lines:    []*ordersv1.OrderLine{{Number: 1, Sku: "tea", Name: "Tea", UnitPrice: 450, Quantity: 1}},
			Total:    &commonv1.Money{Amount: 450, Currency: "GBP"},
			PlacedAt: timestamppb.Now(),
		}}
		change(request.GetPlacement())
		calls["RecordPlaced "+name] = badCall{shop.Orders, ordersv1.OrdersService_RecordPlaced_FullMethodName, request, field}
	}
	record("with a total that does not add up", "", func(p *ordersv1.Placement) { p.Total.Amount = 449 })
	record("with a sum beyond int64", "", func(p *ordersv1.Placement) {
		p.Lines[0].UnitPrice, p.Lines[0].Quantity = 1<<62, 4
		p.Total.Amount = 0
	})
	record("with a negative price", "placement.lines[0].unit_price", func(p *ordersv1.Placement) { p.Lines[0].UnitPrice = -450 })
	record("with another's hash", "placement.request_hash", func(p *ordersv1.Placement) { p.RequestHash = "hash" })
	record("with a gift", "placement.adjustments[0].kind", func(p *ordersv1.Placement) {
		p.Adjustments = []*ordersv1.OrderAdjustment{{Kind: "gift", Amount: -450}}
	})
	record("with a NUL", "placement.lines[0].name", func(p *ordersv1.Placement) { p.Lines[0].Name = "Tea\x00" })
	record("at a time that is none", "placement.placed_at", func(p *ordersv1.Placement) { p.PlacedAt.Nanos = -1 })
	return calls
}
