package testkit

import (
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/ordersaga/ordersaga/platform/config"
)

// ClientSecret is the secret of every client of the test engines' issuer.
const ClientSecret = "test-only"

// Auth trusts the test engines' issuer.
func Auth(t testing.TB) config.Auth {
	t.Helper()
	return config.Auth{Issuer: Issuer(t), Audience: "ordersaga", Environment: config.Development}
}

// Client is how a program that calls others gets its tokens at the test engines'
// issuer: each has a client of its name.
func Client(t testing.TB, program string) config.Client {
	t.Helper()
	id := program
	if !known(t, program) {
		id = sharedClient
	}
	return config.Client{Auth: Auth(t), ClientID: id, ClientSecret: ClientSecret}
}

// Engines that were started before each program had a client know this one only.
const sharedClient = "test"

var clients sync.Map

func known(t testing.TB, client string) bool {
	key := Issuer(t) + " " + client
	if answer, asked := clients.Load(key); asked {
		return answer.(bool)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {ClientSecret}}
	response, err := (&http.Client{Timeout: patience}).PostForm(Issuer(t)+"/token", form)
	if err != nil {
		t.Fatalf("ask the development issuer for a token of %s: %v", client, err)
	}
	defer response.Body.Close()
	clients.Store(key, response.StatusCode == http.StatusOK)
	return response.StatusCode == http.StatusOK
}
