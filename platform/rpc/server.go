package rpc

import (
	"os"
	"time"

	"buf.build/go/protovalidate"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"github.com/ordersaga/ordersaga/platform/auth"
)

const (
	// pingInterval is how often an idle connection is checked by the caller.
	pingInterval = 20 * time.Second
	// connectionAge is when a server asks its callers to connect anew, and
	// connectionGrace what it then gives calls that are under way. A caller keeps
	// its connections: without an age a server that was added would get no calls.
	connectionAge, connectionGrace = 5 * time.Minute, time.Minute
	// maxMessage in bytes: a thousand order lines are some hundred KiB.
	maxMessage = 4 << 20
)

// NewServer makes a gRPC server on which every call
//
//   - carries a token with auth.ScopeService (UNAUTHENTICATED, PERMISSION_DENIED),
//   - carries a deadline, and a message its protovalidate rules accept
//     (INVALID_ARGUMENT, naming the fields),
//   - is a span in its caller's trace,
//   - answers errors by ToStatus, logs the technical ones and survives a panic.
//
// Health and reflection are registered, and free of the first two rules. The
// options are added last; ServerTLS makes one.
func NewServer(v *auth.Verifier, options ...grpc.ServerOption) *grpc.Server {
	border := &border{verifier: v, validator: protovalidate.GlobalValidator}
	all := append([]grpc.ServerOption{
		grpc.StatsHandler(otelgrpc.NewServerHandler()),
		grpc.ChainUnaryInterceptor(border.answerUnary, border.admitUnary),
		grpc.ChainStreamInterceptor(border.answerStream, border.admitStream),
		grpc.MaxRecvMsgSize(maxMessage),
		// Without it the server calls pings more often than every five minutes
		// an attack and closes the connection.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingInterval / 2, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: time.Minute, Timeout: pingInterval,
			MaxConnectionAge: connectionAge, MaxConnectionAgeGrace: connectionGrace,
		}),
	}, options...)
	server := grpc.NewServer(all...)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	reflection.Register(server)
	return server
}

// ServerTLS is the option of a server that speaks TLS with the certificate and
// key files of GRPC_TLS_CERT and GRPC_TLS_KEY, and no option when neither is
// set.
func ServerTLS() ([]grpc.ServerOption, error) {
	return serverTLS(os.Getenv("GRPC_TLS_CERT"), os.Getenv("GRPC_TLS_KEY"))
}
