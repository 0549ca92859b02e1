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
	// Both sides ping a connection that was idle for pingAfter, and close it when there is no
	// answer within pingTimeout: a connection that broke without being closed is detected within 14
	// s. gRPC allows clients no shorter pingAfter.
	pingAfter, pingTimeout = 10 * time.Second, 4 * time.Second
	// connectionAge is the age at which a server asks clients to reconnect, and connectionGrace the
	// time that open calls then have. Without it clients keep their connections, and an added
	// server gets no calls.
	connectionAge, connectionGrace = 5 * time.Minute, time.Minute
	// maxMessage in bytes: a thousand order lines are some hundred KiB.
	maxMessage = 4 << 20
)

// NewServer makes a gRPC server of services, on which every call
//
//   - has a token with auth.ScopeService (else UNAUTHENTICATED) of a client whose program may call the method (else PERMISSION_DENIED, naming the programs that may),
//   - has a deadline and a message that is valid by its protovalidate rules (else INVALID_ARGUMENT, naming the fields),
//   - is a span in its caller's trace,
//   - answers errors by ToStatus, logs the technical ones and survives a panic.
//
// Health and reflection are added, without the first two rules. It fails for invalid settings, or
// when a method has no callers.
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
		// By default a server closes connections that ping more often than every five minutes.
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
