package rpc

import (
	"maps"
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
	// A connection that was quiet for pingAfter is asked for a sign of life, by either side, and
	// given up when there is none within pingTimeout: a line that fell silent without being closed
	// is noticed within 14 s. gRPC allows callers no shorter pingAfter.
	pingAfter, pingTimeout = 10 * time.Second, 4 * time.Second
	// connectionAge is when a server asks its callers to connect anew, and connectionGrace what it
	// then gives calls that are under way. A caller keeps its connections: without an age a server
	// that was added would get no calls.
	connectionAge, connectionGrace = 5 * time.Minute, time.Minute
	// maxMessage in bytes: a thousand order lines are some hundred KiB.
	maxMessage = 4 << 20
)

// NewServer makes a gRPC server of services, on which every call
//
//   - carries a token with auth.ScopeService (UNAUTHENTICATED otherwise) of a
//     client that speaks for a program which may call the method
//     (PERMISSION_DENIED, naming the programs that may),
//   - carries a deadline, and a message its protovalidate rules accept
//     (INVALID_ARGUMENT, naming the fields),
//   - is a span in its caller's trace,
//   - answers errors by ToStatus, logs the technical ones and survives a panic.
//
// Health and reflection are added, and free of the first two rules. An error means that the
// settings are wrong, or that a method has no rule who may call it.
func NewServer(v *auth.Verifier, settings ServerSettings, services ...Service) (*grpc.Server, error) {
	border := &border{verifier: v, validator: protovalidate.GlobalValidator, clients: settings.Callers, callers: Callers{}}
	encryption, err := settings.credentials()
	if err != nil {
		return nil, err
	}
	server := grpc.NewServer(
		grpc.Creds(encryption),
		grpc.StatsHandler(otelgrpc.NewServerHandler()),
		grpc.ChainUnaryInterceptor(border.answerUnary, border.admitUnary),
		grpc.ChainStreamInterceptor(border.answerStream, border.admitStream),
		grpc.MaxRecvMsgSize(maxMessage),
		// Without it the server calls pings more often than every five minutes an attack and closes
		// the connection.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingAfter / 2, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: pingAfter, Timeout: pingTimeout,
			MaxConnectionAge: connectionAge, MaxConnectionAgeGrace: connectionGrace,
		}),
	)
	for _, service := range services {
		if err := service.registerOn(server); err != nil {
			return nil, err
		}
		maps.Copy(border.callers, service.callers)
	}
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	reflection.Register(server)
	return server, nil
}
