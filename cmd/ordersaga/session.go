package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/issuer"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// session is the client of one command, with its last answer.
type session struct {
	*client.Client
	heard *recorder
}

// caller is a shopper by name, or an operator.
type caller struct {
	As       string `help:"The shopper who asks." default:"demo-shopper" placeholder:"SUB"`
	Operator bool   `help:"Ask as an operator, who sees everybody's orders."`
}

// flags returns the flags for another command of the same caller.
func (c caller) flags() []string {
	switch {
	case c.Operator:
		return []string{"--operator"}
	case c.As != demoShopper:
		return []string{"--as", c.As}
	default:
		return nil
	}
}

// ProvideSession makes the session of a command with these flags (kong finds it by its name).
func (c caller) ProvideSession(a *addresses) (*session, error) { return a.session(c) }

var operator = caller{Operator: true}

// Sessions of the other commands: each takes the one that it needs as an argument of Run.
type (
	operatorSession struct{ *session } // changes products and stock, acts on sagas
	shopperSession  struct{ *session }
	patientSession  struct{ *session } // an operator's, for audits of minutes
)

// provided is what kong makes for a command that takes it. The context ends with Ctrl-C, for
// commands that have something to say then.
var provided = []kong.Option{
	kong.BindToProvider(func(a *addresses) (operatorSession, error) {
		s, err := a.session(operator)
		return operatorSession{s}, err
	}),
	kong.BindToProvider(func(a *addresses) (shopperSession, error) {
		s, err := a.session(caller{As: demoShopper})
		return shopperSession{s}, err
	}),
	kong.BindToProvider(func(a *addresses) (patientSession, error) {
		s, err := a.sessionOf(operator, patientTries)
		return patientSession{s}, err
	}),
	kong.BindToProvider(func() context.Context {
		ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		return ctx
	}),
}

const (
	// tries of a call for a user at a terminal.
	tries = 3
	// patientTries are for an audit of minutes, which should not fail when a broker restarts.
	patientTries = 8
)

// session makes a session without a connection.
func (a *addresses) session(who caller) (*session, error) { return a.sessionOf(who, tries) }

func (a *addresses) sessionOf(who caller, tries int) (*session, error) {
	config := client.Config{Token: a.tokens(who), Tries: tries, Services: map[string]string{}}
	for _, name := range programs.Names(programs.IsService) {
		url, err := a.url(name)
		if err != nil {
			return nil, err
		}
		config.Services[name] = url
	}
	heard := &recorder{}
	config.Transport = heard
	made, err := client.New(config)
	if err != nil {
		return nil, usage{err}
	}
	return &session{Client: made, heard: heard}, nil
}

// tokenAge is the age at which a new token is fetched; tokens are valid for 15 minutes.
const tokenAge = 5 * time.Minute

// tokens returns a source that fetches a token for the first request, and again after tokenAge.
func (a *addresses) tokens(who caller) client.TokenSource {
	var mu sync.Mutex
	var token string
	var until time.Time
	return func(ctx context.Context) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if time.Now().Before(until) {
			return token, nil
		}
		subject, scopes := who.As, []string(nil)
		if who.Operator {
			subject, scopes = demoOperator, []string{issuer.Operator}
		}
		fresh, err := a.token(ctx, subject, scopes...)
		if err != nil {
			return "", err
		}
		token, until = fresh, time.Now().Add(tokenAge)
		return token, nil
	}
}

// recorder keeps the last answer unchanged, for --json.
type recorder struct{ body []byte }

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	var copied bytes.Buffer
	response.Body = recording{io.TeeReader(response.Body, &copied), response.Body, func() { r.body = copied.Bytes() }}
	return response, nil
}

type recording struct {
	io.Reader
	io.Closer
	done func()
}

func (r recording) Close() error {
	r.done()
	return r.Closer.Close()
}
