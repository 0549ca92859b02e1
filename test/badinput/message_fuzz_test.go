package badinput_test

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/ordersaga/ordersaga/contracts/programs"
	catalogv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/catalog/v1"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/auth/authtest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/test/shop"
)

// FuzzMessage sends anything as the message of any method through the border that all services
// have. Behind it nothing is implemented, so there are three answers: gRPC cannot read it, a rule
// refuses it, or it is through.
func FuzzMessage(f *testing.F) {
	var methods []string
	eachMethod(func(_ string, method protoreflect.MethodDescriptor) { methods = append(methods, pathOf(method)) })
	slices.Sort(methods)
	for i := range methods {
		f.Add(byte(i), []byte{})
		for _, bad := range invalidMessages() {
			if encoded, err := proto.Marshal(bad.message); err == nil && len(encoded) < 1<<10 {
				f.Add(byte(i), encoded)
			}
		}
	}
	connection, ctx := border(f)

	f.Fuzz(func(t *testing.T, which byte, message []byte) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		err := connection.Invoke(ctx, methods[int(which)%len(methods)], message, new(commonv1.Money), grpc.ForceCodec(raw{}))
		switch status.Code(err) {
		case codes.InvalidArgument:
			require.NotEmpty(t, faultIn(err), "who sent it is told what is wrong: %v", err)
		case codes.Unimplemented:
		case codes.Internal:
			require.True(t, strings.Contains(err.Error(), "unmarshal"), "%v", err)
		default:
			t.Fatalf("%v", err)
		}
	})
}

// border is a connection to all services of the contracts, not implemented, and a context with the
// token that they ask for.
func border(f *testing.F) (*grpc.ClientConn, context.Context) {
	logger := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // a line for each request is too much
	f.Cleanup(func() { slog.SetDefault(logger) })
	issuer := authtest.New(f)
	verifier, err := auth.NewVerifier(context.Background(), issuer.Config().Auth)
	require.NoError(f, err)
	anyMethod := map[string]rpc.Callers{}
	eachMethod(func(program string, method protoreflect.MethodDescriptor) {
		if anyMethod[program] == nil {
			anyMethod[program] = rpc.Callers{}
		}
		anyMethod[program][pathOf(method)] = []string{programs.Worker}
	})
	server, err := rpc.NewServer(verifier, rpc.ServerSettings{},
		rpc.NewService[catalogv1.CatalogServiceServer](catalogv1.RegisterCatalogServiceServer, catalogv1.UnimplementedCatalogServiceServer{}, anyMethod[shop.Catalog]),
		rpc.NewService[inventoryv1.InventoryServiceServer](inventoryv1.RegisterInventoryServiceServer, inventoryv1.UnimplementedInventoryServiceServer{}, anyMethod[shop.Inventory]),
		rpc.NewService[ordersv1.OrdersServiceServer](ordersv1.RegisterOrdersServiceServer, ordersv1.UnimplementedOrdersServiceServer{}, anyMethod[shop.Orders]),
		rpc.NewService[paymentsv1.PaymentsServiceServer](paymentsv1.RegisterPaymentsServiceServer, paymentsv1.UnimplementedPaymentsServiceServer{}, anyMethod[shop.Payments]),
	)
	require.NoError(f, err)
	listener := bufconn.Listen(1 << 20)
	go func() { _ = server.Serve(listener) }()
	f.Cleanup(server.Stop)
	connection, err := grpc.NewClient("passthrough:///border", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	require.NoError(f, err)
	f.Cleanup(func() { connection.Close() })
	token := issuer.Token(f, programs.Worker, auth.ScopeService)
	return connection, metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+token)
}
