package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachCallerHasATokenOfItsOwnUntilItGrowsOld(t *testing.T) {
	asked := 0
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		fmt.Fprintf(w, `{"access_token":"%s/%s/%d"}`, r.FormValue("sub"), r.FormValue("scope"), asked)
	}))
	defer issuer.Close()
	tokens := &Tokens{Issuer: issuer.URL}
	get := func(caller Caller) string {
		t.Helper()
		text, err := tokens.For(t.Context(), caller)
		require.NoError(t, err)
		return text
	}
	anna, boss := Caller{Subject: "anna"}, Caller{Subject: "boss", Operator: true}
	assert.Equal(t, "anna//1", get(anna))
	assert.Equal(t, "boss/ordersaga.operator/2", get(boss))
	assert.Equal(t, "anna//1", get(anna))

	assert.False(t, tokens.Replace(anna, "anna//1"), "a fresh token is refused for another reason than its age")
	assert.Equal(t, "anna//3", get(anna))
	tokens.issued[anna] = token{"anna//3", time.Now().Add(lifetime / 2)}
	assert.True(t, tokens.Replace(anna, "anna//3"))
	assert.Equal(t, "anna//4", get(anna))
	assert.True(t, tokens.Replace(anna, "anna//3"), "another caller has replaced it")
	assert.Equal(t, "anna//4", get(anna))
	tokens.issued[anna] = token{"anna//4", time.Now().Add(early / 2)}
	assert.Equal(t, "anna//5", get(anna))
}

func TestGivenTokensAreUsedAsTheyAre(t *testing.T) {
	tokens := &Tokens{Operator: "o", Shopper: "s"}
	for caller, want := range map[Caller]string{{Subject: "anna"}: "s", {Subject: "boss", Operator: true}: "o"} {
		text, err := tokens.For(t.Context(), caller)
		require.NoError(t, err)
		assert.Equal(t, want, text)
		assert.False(t, tokens.Replace(caller, want))
	}
}

func TestAnIssuerThatGivesNoneIsQuoted(t *testing.T) {
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_request","error_description":"not today"}`)
	}))
	defer issuer.Close()
	_, err := (&Tokens{Issuer: issuer.URL}).For(t.Context(), Caller{Subject: "anna"})
	assert.ErrorContains(t, err, "not today")
}
