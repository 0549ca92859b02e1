package placeorder

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/auth/authtest"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/waiting"
)

// FuzzPlaceOrder sends anything through the whole border to the point where an order is quoted.
// Each request is refused with a problem, or it is an order that everything behind the border can
// take.
func FuzzPlaceOrder(f *testing.F) {
	const good = `{"currency":"GBP","lines":[{"sku":"TEA","quantity":2}],"payment_method":"card_approve"}`
	for _, body := range []string{
		good,
		strings.Replace(good, `{"currency"`, `{"expected_total":{"amount":2,"currency":"GBP"},"currency"`, 1),
		strings.Replace(good, `{"currency"`, `{"currency":"EUR","currency"`, 1),
		strings.Replace(good, `{"currency"`, `{"Currency":"EUR","currency"`, 1),
		strings.Replace(good, "2", "-2", 1), strings.Replace(good, "2", "9223372036854775808", 1),
		strings.Replace(good, "2", "2e0", 1), strings.Replace(good, "2", "1e999", 1), strings.Replace(good, "2", "null", 1),
		strings.Replace(good, "TEA", `\u0000`, 1), strings.Replace(good, "TEA", `\ud800`, 1), strings.Replace(good, "TEA", "\xff", 1),
		good[:40], good + good, "", "null", "[]", `"x"`, "{}", strings.Repeat("[", 20_000), "\ufeff" + good,
	} {
		f.Add("key-1", "wait=0", "application/json", []byte(body))
	}
	f.Add("", "respond-async", "application/json; charset=utf-8", []byte(good))
	f.Add("clé", "wait=99999999999999999999, wait=\"1\"; x=y", "text/plain", []byte(good))
	f.Add("k", ",;=,", "application/json;;", []byte(good))

	logger := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // a line for each request is too much
	f.Cleanup(func() { slog.SetDefault(logger) })
	issuer := authtest.New(f)
	verifier, err := auth.NewVerifier(context.Background(), issuer.Config().Auth)
	require.NoError(f, err)
	token := issuer.Token(f, "ann")
	api := rest.New(rest.Config{Info: rest.Info{Title: "orders", Version: "test"}, Verifier: verifier})
	var taken *Command
	route(api, cqrs.HandlerFunc[Command, Result](func(_ context.Context, command Command) (Result, error) {
		taken = &command
		hash, err := command.hash(nil)
		if err != nil {
			return Result{}, err
		}
		order := domain.Fold(command.orderID(), nil)
		_, err = order.Place(pricedAtOne(command, hash), time.Unix(1_700_000_000, 0).UTC())
		return Result{Order: order}, err
	}))

	f.Fuzz(func(t *testing.T, key, prefer, contentType string, body []byte) {
		taken = nil
		request := httptest.NewRequest(http.MethodPost, "/v1/orders", bytes.NewReader(body))
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("Idempotency-Key", key)
		request.Header.Set("Prefer", prefer)
		answer := httptest.NewRecorder()
		api.ServeHTTP(answer, request)

		require.True(t, json.Valid(answer.Body.Bytes()), "%s", answer.Body)
		if taken == nil {
			require.GreaterOrEqual(t, answer.Code, 400)
			require.Less(t, answer.Code, 500, "%s", answer.Body)
			require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
			return
		}
		require.Equal(t, http.StatusAccepted, answer.Code, "%s", answer.Body)
		assert.NoError(t, rest.CheckIdempotencyKey(taken.IdempotencyKey))
		assert.LessOrEqual(t, taken.Wait, waiting.Timeout)
		assert.GreaterOrEqual(t, taken.Wait, time.Duration(0))
		assert.NotEmpty(t, taken.Lines)
		assert.LessOrEqual(t, len(taken.Lines), domain.MaxLines)
		for _, line := range taken.Lines {
			assert.Positive(t, line.Quantity)
			assert.LessOrEqual(t, line.Quantity, int64(domain.MaxQuantity))
			storable(t, line.SKU)
		}
		storable(t, taken.Currency)
		storable(t, taken.PaymentMethod)
	})
}

// pricedAtOne is the quote of a catalog where everything costs one.
func pricedAtOne(command Command, hash string) domain.Placement {
	placement := domain.Placement{CustomerID: command.CustomerID, RequestHash: hash, Total: domain.Money{Currency: command.Currency}}
	for i, wanted := range command.Lines {
		placement.Lines = append(placement.Lines, domain.Line{
			Number: int32(i + 1), SKU: wanted.SKU, Name: "Product", UnitPrice: 1, Quantity: wanted.Quantity,
		})
		placement.Total.Amount += wanted.Quantity
	}
	return placement
}

// storable is what gRPC, PostgreSQL and RabbitMQ take for text.
func storable(t *testing.T, text string) {
	t.Helper()
	assert.NotEmpty(t, text)
	assert.True(t, utf8.ValidString(text), "%q is not UTF-8", text)
	assert.NotContains(t, text, "\x00")
}
