package rpc

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

// DefaultTimeout bounds a call whose context has no deadline.
const DefaultTimeout = 10 * time.Second

// reconnect has short pauses, because callers need a restarted service at once; gRPC's default
// grows to two minutes.
var reconnect = backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second}

// Dial makes a client connection to a service, "host:port" or any gRPC target. It connects and
// reconnects in the background; calls fail with UNAVAILABLE while it is not connected, and are not
// retried.
//
// Every call carries the token, has a deadline (DefaultTimeout unless its context has one), is
// spread over the addresses the name resolves to, and returns a *refusal.Refusal when the service
// refused. It is plain text unless GRPC_TLS_CA names a file with the authorities to trust.
func Dial(addr string, tokens credentials.PerRPCCredentials) (*grpc.ClientConn, error) {
	transport, err := clientTLS(os.Getenv("GRPC_TLS_CA"))
	if err != nil {
		return nil, err
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: 5 * time.Second}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingAfter, Timeout: pingTimeout, PermitWithoutStream: true}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
		grpc.WithChainUnaryInterceptor(call),
		grpc.WithChainStreamInterceptor(openStream),
	}
	if tokens != nil {
		options = append(options, grpc.WithPerRPCCredentials(tokens))
	}
	connection, err := grpc.NewClient(addr, options...)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	return connection, nil
}

func call(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DefaultTimeout)
		defer cancel()
	}
	return FromStatus(invoke(ctx, method, req, reply, cc, opts...))
}

// openStream adds no deadline: only the caller knows how long the stream should live. Our servers
// refuse a stream without one.
func openStream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, cc, method, opts...)
	if err != nil {
		return nil, FromStatus(err)
	}
	return &refusingStream{stream}, nil
}

// refusingStream returns refusals that end a stream as *refusal.Refusal.
type refusingStream struct{ grpc.ClientStream }

func (s *refusingStream) RecvMsg(message any) error {
	return FromStatus(s.ClientStream.RecvMsg(message))
}
