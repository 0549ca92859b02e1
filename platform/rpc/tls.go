package rpc

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

func clientTLS(authorities string) (credentials.TransportCredentials, error) {
	if authorities == "" {
		return insecure.NewCredentials(), nil
	}
	pem, err := os.ReadFile(authorities)
	if err != nil {
		return nil, fmt.Errorf("GRPC_TLS_CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("GRPC_TLS_CA: %s has no certificate in PEM form", authorities)
	}
	return credentials.NewTLS(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}), nil
}

func (s ServerSettings) credentials() (credentials.TransportCredentials, error) {
	switch {
	case s.Certificate == "" && s.Key == "":
		return insecure.NewCredentials(), nil
	case s.Certificate == "" || s.Key == "":
		return nil, errors.New("GRPC_TLS_CERT and GRPC_TLS_KEY are set together or not at all")
	}
	pair, err := tls.LoadX509KeyPair(string(s.Certificate), string(s.Key))
	if err != nil {
		return nil, fmt.Errorf("GRPC_TLS_CERT, GRPC_TLS_KEY: %w", err)
	}
	return credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12,
	}), nil
}
