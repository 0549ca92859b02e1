package main_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// documentsNeedALogin tries the document store with the log-in of engines.json, with none and with
// wrong ones.
func documentsNeedALogin(t *testing.T, e engines) {
	t.Helper()
	list := func(change func(*url.URL)) error {
		address, err := url.Parse(e.MongoDB.URL)
		require.NoError(t, err)
		change(address)
		client, err := mongo.Connect(options.Client().ApplyURI(address.String()).SetTimeout(10 * time.Second))
		require.NoError(t, err)
		defer client.Disconnect(t.Context())
		_, err = client.ListDatabaseNames(t.Context(), bson.D{})
		return err
	}
	require.NoError(t, list(func(*url.URL) {}))
	for name, change := range map[string]func(*url.URL){
		"nobody":            func(u *url.URL) { u.User, u.RawQuery = nil, "" },
		"a wrong password":  func(u *url.URL) { u.User = url.UserPassword("ferretdb", "guess") },
		"another user":      func(u *url.URL) { u.User = url.UserPassword("ordersaga", "guess") },
		"a user's password": func(u *url.URL) { password, _ := u.User.Password(); u.User = url.UserPassword("ordersaga", password) },
	} {
		require.Error(t, list(change), "%s may read the documents", name)
	}
}

// otherHostsAreRefused asks every page that needs no password by the name of somebody else.
func otherHostsAreRefused(t *testing.T, e engines) {
	t.Helper()
	ask := func(method, address, host string) int {
		request, err := http.NewRequestWithContext(deadline(t), method, address, strings.NewReader("sub=mallory"))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if host != "" {
			request.Host = host
		}
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		response.Body.Close()
		return response.StatusCode
	}
	pages := map[string]string{
		e.OIDC.Issuer + "/.well-known/openid-configuration": http.MethodGet,
		e.OIDC.Issuer + "/dev/token":                        http.MethodPost,
		e.Temporal.UIURL + "/":                              http.MethodGet,
		e.Temporal.UIURL + "/api/v1/namespaces":             http.MethodGet,
	}
	if e.Temporal.HTTPAddress != "" {
		pages["http://"+e.Temporal.HTTPAddress+"/api/v1/namespaces"] = http.MethodGet
	}
	for page, method := range pages {
		address, err := url.Parse(page)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, ask(method, page, ""), page)
		require.Equal(t, http.StatusOK, ask(method, page, "localhost:"+address.Port()), page)
		for _, host := range []string{"evil.example", "evil.example:" + address.Port(), "localhost.evil.example:" + address.Port()} {
			require.Contains(t, []int{http.StatusMisdirectedRequest, http.StatusForbidden}, ask(method, page, host), "%s by the name %s", page, host)
		}
	}
}
