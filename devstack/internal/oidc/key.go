package oidc

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"

	"github.com/ordersaga/ordersaga/devstack/internal/atomicfile"
)

// loadKey reads the signing key, or makes and stores it, so that tokens stay valid after a restart.
func loadKey(path string) (*rsa.PrivateKey, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the signing key: %w", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("reading the signing key: %s is not in PEM form", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the signing key %s: %w", path, err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("reading the signing key: %s holds a %T instead of an RSA key", path, parsed)
	}
	return key, nil
}

func makeKey(path string) (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("making the signing key: %w", err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("making the signing key: %w", err)
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
	if err := atomicfile.Write(path, encoded, 0o600); err != nil {
		return nil, fmt.Errorf("keeping the signing key: %w", err)
	}
	return key, nil
}

// webKey is the public half as RFC 7517 writes it.
type webKey struct {
	KeyType   string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
}

func publicKey(key *rsa.PrivateKey) webKey {
	encode := base64.RawURLEncoding.EncodeToString
	public := webKey{
		KeyType: "RSA", Use: "sig", Algorithm: "RS256",
		Modulus: encode(key.N.Bytes()), Exponent: encode(big.NewInt(int64(key.E)).Bytes()),
	}
	// The thumbprint of RFC 7638: the required members in alphabetical order, without spaces.
	thumbprint := sha256.Sum256([]byte(`{"e":"` + public.Exponent + `","kty":"RSA","n":"` + public.Modulus + `"}`))
	public.ID = encode(thumbprint[:])
	return public
}
