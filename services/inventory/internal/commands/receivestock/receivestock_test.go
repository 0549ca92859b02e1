package receivestock_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/receivestock"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
)

type lines = inventorytest.Lines

const path = "/v1/stock/receipts"

func TestReceivedGoodsAreAddedToKnownAndUnknownSKUs(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	answer := w.Operator(t, http.MethodPost, path,
		`{"lines":[{"sku":"mug","quantity":5},{"sku":"cup","quantity":3},{"sku":"mug","quantity":2}]}`, "Idempotency-Key", "delivery 1")

	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
	assert.Empty(t, answer.Header.Get("Idempotent-Replayed"))
	var receipt receivestock.Receipt
	answer.Into(t, &receipt)
	assert.Equal(t, []receivestock.StockLevel{
		{SKU: "cup", OnHand: 3, Available: 3, Version: 1},
		{SKU: "mug", OnHand: 17, Available: 17, Version: 2},
	}, receipt.Levels)
	assert.Equal(t, []string{"receive cup 3", "receive mug 7"}, w.Movements(t, receipt.ID))
	announced := w.Announcements(t)
	assert.Equal(t, receipt.ID, announced[len(announced)-1].Subject)
	assert.Len(t, announced[len(announced)-1].Levels, 2)
}

func TestTheSameKeyAddsOnceAndAnswersTheSame(t *testing.T) {
	w := inventorytest.New(t)
	answers := make([]inventorytest.Answer, 20)
	var callers sync.WaitGroup
	for i := range answers {
		callers.Go(func() {
			answers[i] = w.Operator(t, http.MethodPost, path, `{"lines":[{"sku":"mug","quantity":5}]}`, "Idempotency-Key", "k")
		})
	}
	callers.Wait()
	fresh := 0
	for _, answer := range answers {
		assert.Equal(t, http.StatusCreated, answer.Status)
		assert.JSONEq(t, string(answers[0].Body), string(answer.Body))
		if answer.Header.Get("Idempotent-Replayed") != "true" {
			fresh++
		}
	}
	assert.Equal(t, 1, fresh)
	assert.EqualValues(t, 5, w.Level(t, "mug").OnHand)

	spelled := w.Operator(t, http.MethodPost, path, ` { "lines" : [ {"quantity":5, "sku":"mug"} ] } `, "Idempotency-Key", "k")
	assert.Equal(t, "true", spelled.Header.Get("Idempotent-Replayed"), "how the JSON is spelled does not count")
	assert.Equal(t, answers[0].Body, spelled.Body)
}

func TestTheSameKeyWithOtherLinesIsRefused(t *testing.T) {
	w := inventorytest.New(t)
	w.Operator(t, http.MethodPost, path, `{"lines":[{"sku":"mug","quantity":5}]}`, "Idempotency-Key", "k")
	answer := w.Operator(t, http.MethodPost, path, `{"lines":[{"sku":"mug","quantity":6}]}`, "Idempotency-Key", "k")
	assert.Equal(t, http.StatusUnprocessableEntity, answer.Status)
	assert.Equal(t, "request-mismatch", answer.ProblemType(t))
	assert.EqualValues(t, 5, w.Level(t, "mug").OnHand)
}

func TestBadReceiptsAreRefusedAndChangeNothing(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 1})
	tooMany := `{"lines":[` + strings.Repeat(`{"sku":"mug","quantity":1},`, 1000) + `{"sku":"mug","quantity":1}]}`
	good := `{"lines":[{"sku":"mug","quantity":5}]}`
	for name, c := range map[string]struct {
		body, key string
		status    int
	}{
		"no key":             {good, "", http.StatusBadRequest},
		"a key too long":     {good, strings.Repeat("k", 256), http.StatusBadRequest},
		"a key not ASCII":    {good, "schlüssel", http.StatusBadRequest},
		"no lines":           {`{"lines":[]}`, "a", http.StatusUnprocessableEntity},
		"lines that are nil": {`{"lines":null}`, "a", http.StatusUnprocessableEntity},
		"no body members":    {`{}`, "a", http.StatusUnprocessableEntity},
		"too many lines":     {tooMany, "a", http.StatusUnprocessableEntity},
		"no quantity":        {`{"lines":[{"sku":"mug"}]}`, "a", http.StatusUnprocessableEntity},
		"quantity 0":         {`{"lines":[{"sku":"mug","quantity":0}]}`, "a", http.StatusUnprocessableEntity},
		"negative quantity":  {`{"lines":[{"sku":"mug","quantity":-1}]}`, "a", http.StatusUnprocessableEntity},
		"half a mug":         {`{"lines":[{"sku":"mug","quantity":0.5}]}`, "a", http.StatusUnprocessableEntity},
		"a huge quantity":    {`{"lines":[{"sku":"mug","quantity":100001}]}`, "a", http.StatusUnprocessableEntity},
		"not a SKU":          {`{"lines":[{"sku":"blue mug","quantity":1}]}`, "a", http.StatusUnprocessableEntity},
		"a SKU of no text":   {`{"lines":[{"sku":"mug\u0000","quantity":1}]}`, "a", http.StatusBadRequest},
		"an unknown field":   {`{"lines":[{"sku":"mug","quantity":1,"price":2}]}`, "a", http.StatusUnprocessableEntity},
		"not JSON":           {`{"lines":`, "a", http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			header := []string{"Idempotency-Key", c.key}
			if c.key == "" {
				header = nil
			}
			answer := w.Operator(t, http.MethodPost, path, c.body, header...)
			assert.Equal(t, c.status, answer.Status, "%s", answer.Body)
			assert.NotEmpty(t, answer.ProblemType(t), "%s", answer.Body)
		})
	}
	assert.Equal(t, inventorytest.Level{OnHand: 1, Available: 1, Version: 1}, w.Level(t, "mug"))
}

func TestOnlyOperatorsReceive(t *testing.T) {
	w := inventorytest.New(t)
	answer := w.Shopper(t, http.MethodPost, path, `{"lines":[{"sku":"mug","quantity":5}]}`, "Idempotency-Key", "k")
	assert.Equal(t, http.StatusForbidden, answer.Status)
}

func TestAThousandLinesArriveAtOnce(t *testing.T) {
	w := inventorytest.New(t)
	thousand := lines{}
	for i := range 1000 {
		thousand[fmt.Sprintf("sku-%03d", i)] = 100_000
	}
	w.Receive(t, thousand)
	assert.EqualValues(t, 100_000, w.Level(t, "sku-999").OnHand)
}

// Receipts that list the same SKUs in opposite orders do not wait in a circle.
func TestReceiptsAtOnceAddUp(t *testing.T) {
	w := inventorytest.New(t)
	var deliveries sync.WaitGroup
	for i := range 40 {
		body := `{"lines":[{"sku":"a","quantity":1},{"sku":"b","quantity":2}]}`
		if i%2 == 1 {
			body = `{"lines":[{"sku":"b","quantity":2},{"sku":"a","quantity":1}]}`
		}
		deliveries.Go(func() {
			answer := w.Operator(t, http.MethodPost, path, body, "Idempotency-Key", fmt.Sprint(i))
			assert.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
		})
	}
	deliveries.Wait()
	assert.EqualValues(t, 40, w.Level(t, "a").OnHand)
	assert.EqualValues(t, 80, w.Level(t, "b").OnHand)
}

func TestTheDocumentedPatternIsTheDomains(t *testing.T) {
	w := inventorytest.New(t)
	var description struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Pattern string }
			}
		}
	}
	w.Shopper(t, http.MethodGet, "/openapi.json", "").Into(t, &description)
	found := false
	for _, schema := range description.Components.Schemas {
		if pattern := schema.Properties["sku"].Pattern; pattern != "" {
			found = true
			assert.Equal(t, domain.SKUPattern, pattern)
		}
	}
	assert.True(t, found, "no pattern of a SKU in the description")
}
