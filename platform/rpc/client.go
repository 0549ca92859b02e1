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

// reconnect tries often: a service that was restarted is missed at once, and gRPC's own back-off
// grows to two minutes.
var reconnect = backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second}

// Dial makes a connection to a service, "host:port" or any gRPC target; it is made and remade in
// the background, and calls fail with UNAVAILABLE while there is none. Who retries is the caller's
// business.
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

// openStream leaves the deadline to the caller, who alone knows how long the stream is meant to
// live; a server of ours refuses one without.
func openStream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, cc, method, opts...)
	if err != nil {
		return nil, FromStatus(err)
	}
	return &refusingStream{stream}, nil
}

// refusingStream maps refusals that end a stream back.
type refusingStream struct{ grpc.ClientStream }

func (s *refusingStream) RecvMsg(message any) error {
	return FromStatus(s.ClientStream.RecvMsg(message))
}
