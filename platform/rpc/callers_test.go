package rpc_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/auth/authtest"
	"github.com/ordersaga/ordersaga/platform/rpc"
)

func TestAMethodIsForTheProgramsOfItsRule(t *testing.T) {
	issuer := authtest.New(t)
	renamed := map[string]string{"0oa1b2": "orders", "orders": "worker"}
	for name, test := range map[string]struct {
		clients map[string]string
		claims  map[string]any
		refused string
	}{
		"a program of the rule":           {nil, map[string]any{"client_id": "orders"}, ""},
		"its subject is another name":     {nil, map[string]any{"client_id": "orders", "sub": "f3c1"}, ""},
		"only its subject is the name":    {nil, map[string]any{"client_id": "worker", "sub": "orders"}, `the client "worker" may not call`},
		"azp":                             {nil, map[string]any{"azp": "orders", "sub": "f3c1"}, ""},
		"appid":                           {nil, map[string]any{"appid": "orders", "sub": "f3c1"}, ""},
		"cid":                             {nil, map[string]any{"cid": "orders", "sub": "f3c1"}, ""},
		"a cid that is something else":    {nil, map[string]any{"cid": 7, "sub": "orders"}, ""},
		"no claim but the subject":        {nil, map[string]any{"sub": "orders"}, ""},
		"another program":                 {nil, map[string]any{"sub": "worker"}, `the client "worker" may not call`},
		"the client that a setting names": {renamed, map[string]any{"client_id": "0oa1b2"}, ""},
		"a client that a setting gives another program": {renamed, map[string]any{"client_id": "orders"}, `the client "orders" may not call`},
		"a client that no setting names":                {renamed, map[string]any{"client_id": "worker"}, `the client "worker" may not call`},
		"a program of the rule without the right scope": {nil, map[string]any{"client_id": "orders", "sub": "anna", "scope": "ordersaga.operator"}, `the token of "anna" lacks the scope ordersaga.service`},
	} {
		t.Run(name, func(t *testing.T) {
			if test.claims["scope"] == nil {
				test.claims["scope"] = auth.ScopeService
			}
			token := bearer(issuer.TokenWith(t, test.claims))
			connection := serveWith(t, rpc.ServerSettings{Callers: test.clients}, issuer, token, nothing)
			err := connection.Invoke(t.Context(), reserve, reserveLines("1 TEA"), newReserve())
			stream, streamErr := connection.NewStream(bounded(t), &grpc.StreamDesc{ServerStreams: true}, watch)
			require.NoError(t, streamErr)
			require.NoError(t, stream.SendMsg(reserveLines("1 TEA")))
			require.NoError(t, stream.CloseSend())
			streamErr = stream.RecvMsg(newReserve())
			if test.refused == "" {
				require.NoError(t, err)
				require.NoError(t, streamErr)
				return
			}
			for _, err := range []error{err, streamErr} {
				assert.Equal(t, codes.PermissionDenied, status.Code(err), "%v", err)
				assert.ErrorContains(t, err, test.refused)
			}
		})
	}
	t.Run("the refusal says who may", func(t *testing.T) {
		connection := serve(t, issuer, bearer(issuer.Token(t, "worker", auth.ScopeService)), nothing)
		err := connection.Invoke(t.Context(), reserve, reserveLines("1 TEA"), newReserve())
		assert.ErrorContains(t, err, `the client "worker" may not call /ordersaga.test.Stock/Reserve; test-service, orders may`)
	})
}

func TestAServiceWithAMethodWithoutARuleDoesNotStart(t *testing.T) {
	for name, test := range map[string]struct {
		callers rpc.Callers
		want    string
	}{
		"no rule":           {nil, "no callers are listed for the method /ordersaga.test.Stock/Reserve"},
		"one has none":      {rpc.Callers{reserve: {"orders"}}, "no callers are listed for the method /ordersaga.test.Stock/Watch"},
		"nobody":            {rpc.Callers{reserve: {"orders"}, watch: {}}, "no callers are listed for the method /ordersaga.test.Stock/Watch"},
		"one that is not":   {rpc.Callers{reserve: {"orders"}, watch: {"orders"}, reserve + "All": {"orders"}}, "callers are listed for /ordersaga.test.Stock/ReserveAll, which does not exist"},
		"all have, by name": {rpc.Callers{reserve: {"orders"}, watch: {"orders"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rpc.NewServer(nil, rpc.ServerSettings{}, newStock(nothing, test.callers))
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
		})
	}
}
