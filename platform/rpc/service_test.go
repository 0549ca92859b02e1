package rpc_test

import (
	"context"
	"fmt"
	"net"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/auth/authtest"
	"github.com/ordersaga/ordersaga/platform/rpc"
)

// The service under test is made at run time: platform knows no contracts.
//
//	message Line {
//	  string sku = 1 [(buf.validate.field).string.min_len = 1];
//	  int32 quantity = 2 [(buf.validate.field).int32 = {gte: 1, lte: 100000}];
//	}
//	message Reserve { repeated Line lines = 1 [(buf.validate.field).repeated.min_items = 1]; }
//	service Stock { rpc Reserve(Reserve) returns (Reserve); rpc Watch(Reserve) returns (stream Reserve); }
const (
	reserve = "/ordersaga.test.Stock/Reserve"
	watch   = "/ordersaga.test.Stock/Watch"
)

var messages = describeStock()

func describeStock() protoreflect.MessageDescriptors {
	rule := func(rules *validate.FieldRules) *descriptorpb.FieldOptions {
		options := &descriptorpb.FieldOptions{}
		proto.SetExtension(options, validate.E_Field, rules)
		return options
	}
	atLeastOne := &validate.FieldRules{Type: &validate.FieldRules_String_{String_: &validate.StringRules{MinLen: proto.Uint64(1)}}}
	bounded := &validate.FieldRules{Type: &validate.FieldRules_Int32{Int32: &validate.Int32Rules{
		GreaterThan: &validate.Int32Rules_Gte{Gte: 1}, LessThan: &validate.Int32Rules_Lte{Lte: 100_000},
	}}}
	notEmpty := &validate.FieldRules{Type: &validate.FieldRules_Repeated{Repeated: &validate.RepeatedRules{MinItems: proto.Uint64(1)}}}
	one, many := descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("ordersaga/test/stock.proto"), Package: proto.String("ordersaga.test"), Syntax: proto.String("proto3"),
		Dependency: []string{"buf/validate/validate.proto"},
		MessageType: []*descriptorpb.DescriptorProto{
			{Name: proto.String("Line"), Field: []*descriptorpb.FieldDescriptorProto{
				{Name: proto.String("sku"), Number: proto.Int32(1), Label: one, Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(), Options: rule(atLeastOne)},
				{Name: proto.String("quantity"), Number: proto.Int32(2), Label: one, Type: descriptorpb.FieldDescriptorProto_TYPE_INT32.Enum(), Options: rule(bounded)},
			}},
			{Name: proto.String("Reserve"), Field: []*descriptorpb.FieldDescriptorProto{
				{Name: proto.String("lines"), Number: proto.Int32(1), Label: many, Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), TypeName: proto.String(".ordersaga.test.Line"), Options: rule(notEmpty)},
			}},
		},
	}, protoregistry.GlobalFiles)
	if err != nil {
		panic(err)
	}
	return file.Messages()
}

func newReserve() *dynamicpb.Message { return dynamicpb.NewMessage(messages.ByName("Reserve")) }

// reserveLines makes a message of lines "SKU=quantity".
func reserveLines(lines ...string) *dynamicpb.Message {
	message := newReserve()
	list := message.Mutable(messages.ByName("Reserve").Fields().ByName("lines")).List()
	for _, line := range lines {
		var sku string
		var quantity int32
		if _, err := fmt.Sscanf(line, "%d %s", &quantity, &sku); err != nil && sku != "" {
			panic(err)
		}
		fields := messages.ByName("Line").Fields()
		one := dynamicpb.NewMessage(messages.ByName("Line"))
		one.Set(fields.ByName("sku"), protoreflect.ValueOfString(sku))
		one.Set(fields.ByName("quantity"), protoreflect.ValueOfInt32(quantity))
		list.Append(protoreflect.ValueOfMessage(one))
	}
	return message
}

// stock is what the service does in a test.
type stock func(ctx context.Context) error

// serve runs the service behind rpc's border and dials it with rpc.Dial.
func serve(t *testing.T, issuer *authtest.Issuer, tokens credentials.PerRPCCredentials, do stock) *grpc.ClientConn {
	t.Helper()
	return serveWith(t, rpc.ServerSettings{}, issuer, tokens, do)
}

// serveWith is serve with settings.
func serveWith(t *testing.T, settings rpc.ServerSettings, issuer *authtest.Issuer, tokens credentials.PerRPCCredentials, do stock) *grpc.ClientConn {
	t.Helper()
	verifier, err := auth.NewVerifier(t.Context(), issuer.Config().Auth)
	require.NoError(t, err)
	server, err := rpc.NewServer(verifier, settings, newStock(do, rpc.Callers{
		reserve: {authtest.ClientID, "orders"}, watch: {authtest.ClientID, "orders"},
	}))
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return dial(t, listener.Addr().String(), tokens)
}

// newStock makes the service with rules who may call it.
func newStock(do stock, callers rpc.Callers) rpc.Service {
	return rpc.NewService(registerStock, do, callers)
}

func registerStock(registrar grpc.ServiceRegistrar, do stock) {
	registrar.RegisterService(&grpc.ServiceDesc{
		ServiceName: "ordersaga.test.Stock",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Reserve", Handler: func(_ any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
			request := newReserve()
			if err := decode(request); err != nil {
				return nil, err
			}
			return intercept(ctx, request, &grpc.UnaryServerInfo{FullMethod: reserve}, func(ctx context.Context, _ any) (any, error) {
				return request, do(ctx)
			})
		}}},
		Streams: []grpc.StreamDesc{{StreamName: "Watch", ServerStreams: true, Handler: func(_ any, stream grpc.ServerStream) error {
			request := newReserve()
			if err := stream.RecvMsg(request); err != nil {
				return err
			}
			if err := stream.SendMsg(request); err != nil {
				return err
			}
			return do(stream.Context())
		}}},
	}, struct{}{})
}

func dial(t *testing.T, addr string, tokens credentials.PerRPCCredentials) *grpc.ClientConn {
	t.Helper()
	connection, err := rpc.Dial(addr, tokens)
	require.NoError(t, err)
	t.Cleanup(func() { connection.Close() })
	return connection
}

// bearer sends a fixed token.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (b bearer) RequireTransportSecurity() bool { return false }
