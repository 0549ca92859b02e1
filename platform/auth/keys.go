package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// maxKeys in bytes bounds what an issuer may answer with.
const maxKeys = 1 << 20

// errKeys marks a failed download of the issuer's keys.
var errKeys = errors.New("download the issuer's keys")

// keys tells a key that could not be looked up from a signature that is wrong.
// go-oidc answers both with the same kind of error; the first is our trouble,
// the second the caller's.
type keys struct{ oidc.KeySet }

type keyOutcomeKey struct{}

// keyOutcome is where a verification leaves why it could not look up a key.
type keyOutcome struct{ unavailable error }

func newKeys(ctx context.Context, client *http.Client, url string) keys {
	throttled := &http.Client{Timeout: client.Timeout, Transport: &keyDownload{next: http.DefaultTransport, now: time.Now}}
	return keys{oidc.NewRemoteKeySet(oidc.ClientContext(ctx, throttled), url)}
}

func (k keys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, jwt)
	if err != nil && (errors.Is(err, errKeys) || ctx.Err() != nil) {
		if outcome, ok := ctx.Value(keyOutcomeKey{}).(*keyOutcome); ok {
			outcome.unavailable = err
		}
	}
	return payload, err
}

// keyDownload answers a download from memory when the last one was less than
// keyRefresh ago. go-oidc downloads for every signature no key fits, and such
// tokens are free to make up: without this anybody could have us flood the
// issuer.
type keyDownload struct {
	next http.RoundTripper
	now  func() time.Time

	mu     sync.Mutex
	body   []byte
	header http.Header
	at     time.Time
}

func (d *keyDownload) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.body == nil || d.now().Sub(d.at) >= keyRefresh {
		if err := d.download(r); err != nil {
			return nil, fmt.Errorf("%w: %w", errKeys, err)
		}
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: d.header.Clone(), Body: io.NopCloser(bytes.NewReader(d.body)),
		ContentLength: int64(len(d.body)), Request: r,
	}, nil
}

func (d *keyDownload) download(r *http.Request) error {
	response, err := d.next.RoundTrip(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", r.URL, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeys+1))
	if err != nil {
		return err
	}
	if len(body) > maxKeys {
		return fmt.Errorf("%s answered with more than %d bytes", r.URL, maxKeys)
	}
	d.body, d.header, d.at = body, response.Header, d.now()
	return nil
}
