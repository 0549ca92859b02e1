package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

const (
	// keysRenewed is the age at which the issuer's keys are downloaded again, in the background.
	// While the issuer answers, a withdrawn key is accepted for at most keysRenewed when tokens are
	// verified all the time, and never longer than twice that, because a call waits for a download
	// when the keys are older.
	keysRenewed = 5 * time.Minute
	// keysKept is how long the last keys are used while the issuer does not answer. After that no
	// token can be verified (ErrUnavailable).
	keysKept = time.Hour
	// keysPause is the shortest time between two downloads (rediscovery after a failed one). A
	// token with an unknown key causes a download, and anybody can make such tokens: without a
	// pause they could flood the issuer.
	keysPause = 10 * time.Second
	// maxKeys bounds the issuer's answer, in bytes.
	maxKeys = 1 << 20
)

// keys are the issuer's published keys, downloaded on demand. They implement oidc.KeySet.
type keys struct {
	url        string
	client     *http.Client
	algorithms []jose.SignatureAlgorithm
	now        func() time.Time

	mu      sync.Mutex
	set     *keySet   // a new one with each download
	at      time.Time // of the download of set
	triedAt time.Time
	failed  error // why the last download failed
	pending chan struct{}
}

// keySet is what one download brought.
type keySet struct{ keys []jose.JSONWebKey }

func newKeys(client *http.Client, url string, algorithms []string, now func() time.Time) *keys {
	k := &keys{url: url, client: client, now: now}
	for _, algorithm := range algorithms {
		k.algorithms = append(k.algorithms, jose.SignatureAlgorithm(algorithm))
	}
	return k
}

type keyOutcomeKey struct{}

// keyOutcome receives the keys that verified a signature, or the error of a verification whose keys
// could not be downloaded. go-oidc keeps only the text of an error, which does not distinguish
// missing keys from a wrong signature.
type keyOutcome struct {
	set         *keySet
	unavailable error
}

// VerifySignature implements oidc.KeySet.
func (k *keys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, set, err := k.verify(ctx, token)
	outcome, ok := ctx.Value(keyOutcomeKey{}).(*keyOutcome)
	if !ok {
		return payload, err
	}
	outcome.set = set
	var unavailable *noKeysError
	if errors.As(err, &unavailable) {
		outcome.unavailable = err
	}
	return payload, err
}

// noKeysError means that the issuer's keys could not be downloaded.
type noKeysError struct{ cause error }

func (e *noKeysError) Error() string { return "get the issuer's keys: " + e.cause.Error() }
func (e *noKeysError) Unwrap() error { return e.cause }

func (k *keys) verify(ctx context.Context, token string) (payload []byte, by *keySet, err error) {
	signed, err := jose.ParseSigned(token, k.algorithms)
	if err != nil {
		return nil, nil, err
	}
	set, err := k.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	if payload, ok := set.verify(signed); ok {
		return payload, set, nil
	}
	// The issuer may have added a key.
	set, err = k.renewed(ctx)
	if payload, ok := set.verify(signed); ok {
		return payload, set, nil
	}
	if err != nil {
		return nil, nil, &noKeysError{err}
	}
	return nil, nil, errors.New("no key of the issuer matches the signature")
}

func (s *keySet) verify(signed *jose.JSONWebSignature) ([]byte, bool) {
	if s == nil {
		return nil, false
	}
	id := signed.Signatures[0].Header.KeyID
	for _, key := range s.keys {
		if id != "" && key.KeyID != id {
			continue
		}
		if payload, err := signed.Verify(&key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// current returns the keys, renewed when they are old.
func (k *keys) current(ctx context.Context) (*keySet, error) {
	k.mu.Lock()
	age := k.now().Sub(k.at)
	// Calls do not wait again for an issuer that did not answer the last time.
	wait := age >= keysKept || age >= 2*keysRenewed && k.failed == nil
	set := k.set
	if !wait && age >= keysRenewed {
		k.download()
	}
	k.mu.Unlock()
	if !wait {
		return set, nil
	}
	set, err := k.renewed(ctx)
	if set == nil && err != nil {
		return nil, &noKeysError{err}
	}
	return set, nil
}

// renewed waits for a download, unless the last one was within the pause. When the download failed
// it returns the error and the earlier keys, or nil when they are too old.
func (k *keys) renewed(ctx context.Context) (*keySet, error) {
	k.mu.Lock()
	k.download()
	pending := k.pending
	k.mu.Unlock()
	if pending != nil {
		select {
		case <-pending:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now().Sub(k.at) >= keysKept {
		return nil, k.failed
	}
	return k.set, k.failed
}

// download starts a download, unless one is running or the last one was within the pause. It does
// not use a caller's context: other callers wait for the same keys. The caller holds mu.
func (k *keys) download() {
	pause := keysPause
	if k.failed != nil {
		pause = rediscovery
	}
	if k.pending != nil || k.now().Sub(k.triedAt) < pause {
		return
	}
	k.triedAt = k.now()
	done := make(chan struct{})
	k.pending = done
	go func() {
		set, err := k.get()
		k.mu.Lock()
		defer k.mu.Unlock()
		k.failed = err
		if err == nil {
			k.set, k.at = set, k.triedAt
		} else if !k.at.IsZero() {
			slog.Warn("the issuer's keys cannot be renewed", "age", k.now().Sub(k.at).Round(time.Second).String(), "kept_at_most", keysKept.String(), "error", oneLine(err))
		}
		k.pending = nil
		close(done)
	}()
}

func (k *keys) get() (*keySet, error) {
	ctx, cancel := context.WithTimeout(context.Background(), issuerTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	response, err := k.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", k.url, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeys+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxKeys {
		return nil, fmt.Errorf("%s answered with more than %d bytes", k.url, maxKeys)
	}
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, fmt.Errorf("%s answered with no key set: %w", k.url, err)
	}
	set := &keySet{}
	for _, raw := range document.Keys {
		var key jose.JSONWebKey
		// Keys of unknown kinds are skipped.
		if json.Unmarshal(raw, &key) == nil {
			set.keys = append(set.keys, key)
		}
	}
	return set, nil
}
