package rpc_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ordersaga/ordersaga/platform/rpc"
)

func TestCallsThatLeaveTheMachineAreEncrypted(t *testing.T) {
	assert.NoError(t, rpc.Check("CATALOG_GRPC_ADDR", "127.0.0.1:9081").Encrypted())
	assert.NoError(t, rpc.Check("CATALOG_GRPC_ADDR", "localhost:9081").Encrypted())
	for _, addr := range []string{"catalog:9081", "dns:///catalog:9081", "10.0.0.7:9081"} {
		assert.EqualError(t, rpc.Check("CATALOG_GRPC_ADDR", addr).Encrypted(), "is called in plain text: set GRPC_TLS_CA, "+addr+" is not this machine")
	}
	t.Setenv("GRPC_TLS_CA", "/etc/ca.pem")
	assert.NoError(t, rpc.Check("CATALOG_GRPC_ADDR", "catalog:9081").Encrypted())
}

func TestCallsThatComeFromElsewhereAreEncrypted(t *testing.T) {
	plain := rpc.ServerSettings{}
	assert.NoError(t, rpc.CheckServer(plain, "127.0.0.1:9081").Encrypted())
	for _, addr := range []string{"0.0.0.0:9081", ":9081", "[::]:9081", "10.0.0.7:9081"} {
		assert.ErrorContains(t, rpc.CheckServer(plain, addr).Encrypted(), "and GRPC_TLS_KEY must be set: gRPC listens on "+addr)
	}
	assert.NoError(t, rpc.CheckServer(rpc.ServerSettings{Certificate: "tls.crt", Key: "tls.key"}, "0.0.0.0:9081").Encrypted())
}
