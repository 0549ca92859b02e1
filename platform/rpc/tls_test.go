package rpc_test

import (
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/auth/authtest"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/rpc"
)

func TestServicesSpeakTLSWhenTheyHaveCertificates(t *testing.T) {
	certificate, key := certificateFiles(t)
	verifier, err := auth.NewVerifier(t.Context(), authtest.New(t).Config().Auth)
	require.NoError(t, err)
	server, err := rpc.NewServer(verifier, rpc.ServerSettings{Certificate: config.File(certificate), Key: config.File(key)})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)

	check := func() error {
		client := grpc_health_v1.NewHealthClient(dial(t, listener.Addr().String(), nil))
		_, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		return err
	}
	require.Error(t, check(), "plain text is not understood")
	t.Setenv("GRPC_TLS_CA", certificate)
	require.NoError(t, check())
}

// certificateFiles writes httptest's certificate, which is its own authority and good for
// 127.0.0.1.
func certificateFiles(t *testing.T) (certificate, key string) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pair := server.TLS.Certificates[0]
	private, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	folder := t.TempDir()
	certificate, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	require.NoError(t, os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	return certificate, key
}
