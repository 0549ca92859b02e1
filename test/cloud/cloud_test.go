// Package cloud_test puts a border like Temporal Cloud's before the real server: TLS, and an API
// key or a client certificate. What passes it here needs other addresses there, and nothing else.
package cloud_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

const apiKey = "a-key-of-the-cloud"

// authority signs the certificates of a test.
type authority struct {
	t           *testing.T
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	file        string // PEM
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &authority{t, certificate, key, write(t, "authority.pem", "CERTIFICATE", der)}
}

// issue makes a certificate for servers at 127.0.0.1 and for clients.
func (a *authority) issue() (pair tls.Certificate, certificateFile, keyFile string) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "ordersaga"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	require.NoError(a.t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(a.t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		write(a.t, "certificate.pem", "CERTIFICATE", der), write(a.t, "key.pem", "PRIVATE KEY", raw)
}

func write(t *testing.T, name, kind string, der []byte) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return file
}

// border is the server before the server.
type border struct {
	address           string
	admitted, refused atomic.Int64
}

// openBorder lets calls through to the real Temporal that come over TLS and that admit accepts.
func openBorder(t *testing.T, config *tls.Config, admit func(*http.Request) bool) *border {
	t.Helper()
	b := &border{}
	plain := new(http.Protocols)
	plain.SetUnencryptedHTTP2(true)
	behind := &url.URL{Scheme: "http", Host: testkit.Running(t).Temporal.Address}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(behind) },
		FlushInterval: -1,
		Transport:     &http.Transport{Protocols: plain},
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !admit(r) {
			b.refused.Add(1)
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Grpc-Status", "7")
			w.Header().Set("Grpc-Message", "Request unauthorized.")
			return
		}
		b.admitted.Add(1)
		proxy.ServeHTTP(w, r)
	}))
	server.EnableHTTP2 = true
	server.TLS = config
	server.StartTLS()
	t.Cleanup(server.Close)
	b.address = server.Listener.Addr().String()
	return b
}

// through sends orders and worker to Temporal by the border.
func (b *border) through(settings ...string) shop.Options {
	settings = append(settings, "TEMPORAL_ADDRESS="+b.address)
	return shop.Options{Env: map[string][]string{shop.Orders: settings, shop.Worker: settings}}
}

func TestAnAPIKeyOverTLSIsEnoughForOrdersAndWorker(t *testing.T) {
	ca := newAuthority(t)
	pair, _, _ := ca.issue()
	b := openBorder(t, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, func(r *http.Request) bool {
		// A regional endpoint finds the namespace by a header; what asks about the server itself
		// has none.
		about := strings.HasSuffix(r.URL.Path, "/GetSystemInfo") || strings.HasPrefix(r.URL.Path, "/grpc.health.")
		return r.Header.Get("Authorization") == "Bearer "+apiKey && (about || r.Header.Get("Temporal-Namespace") != "")
	})
	s := shop.Open(t, b.through("TEMPORAL_API_KEY="+apiKey, "TEMPORAL_TLS_SERVER_CA_CERT_PATH="+ca.file))
	s.Sells("TEA", 500, 10)
	answer := s.Customer("anna").Place("key", shop.Of("TEA", 2, "card_approve"))
	assert.Equal(t, http.StatusCreated, answer.Status, answer)
	assert.Positive(t, b.admitted.Load(), "the calls came by the border")
	assert.Zero(t, b.refused.Load(), "each with the key and the namespace")
}

func TestAClientCertificateIsEnoughForOrdersAndWorker(t *testing.T) {
	ca := newAuthority(t)
	pair, _, _ := ca.issue()
	_, certificate, key := ca.issue()
	pool := x509.NewCertPool()
	pool.AddCert(ca.certificate)
	b := openBorder(t, &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	}, func(r *http.Request) bool { return len(r.TLS.PeerCertificates) > 0 })
	s := shop.Open(t, b.through("TEMPORAL_TLS_CLIENT_CERT_PATH="+certificate, "TEMPORAL_TLS_CLIENT_KEY_PATH="+key, "TEMPORAL_TLS_SERVER_CA_CERT_PATH="+ca.file))
	s.Sells("TEA", 500, 10)
	answer := s.Customer("anna").Place("key", shop.Of("TEA", 2, "card_approve"))
	assert.Equal(t, http.StatusCreated, answer.Status, answer)
	assert.Positive(t, b.admitted.Load())
}

func TestAWrongKeyStopsTheStartWithALineThatNamesIt(t *testing.T) {
	ca := newAuthority(t)
	pair, _, _ := ca.issue()
	b := openBorder(t, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, func(r *http.Request) bool {
		return r.Header.Get("Authorization") == "Bearer "+apiKey
	})
	s := shop.Open(t, shop.Options{})
	wrong := append(s.Environment(shop.Worker), "TEMPORAL_ADDRESS="+b.address, "TEMPORAL_API_KEY=hunter2", "TEMPORAL_TLS_SERVER_CA_CERT_PATH="+ca.file)
	printed, exitCode := shop.Try(t, wrong, shop.Worker, "--check")
	assert.Equal(t, 1, exitCode)
	assert.Contains(t, printed, "Temporal refuses the API key or the certificate")
	assert.NotContains(t, printed, "hunter2")

	printed, exitCode = shop.Try(t, wrong, shop.Worker)
	assert.Equal(t, 1, exitCode)
	assert.Contains(t, printed, "TEMPORAL_ADDRESS "+b.address)
	assert.NotContains(t, printed, "hunter2")
}
