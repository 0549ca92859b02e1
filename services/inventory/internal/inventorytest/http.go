package inventorytest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// Answer of the REST interface.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Into decodes the body.
func (a Answer) Into(t testing.TB, target any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, target); err != nil {
		t.Fatalf("decode %s: %v", a.Body, err)
	}
}

// ProblemType is the type of the problem that was answered, "" for none.
func (a Answer) ProblemType(t testing.TB) string {
	t.Helper()
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "application/problem+json") {
		return ""
	}
	var problem struct{ Type string }
	a.Into(t, &problem)
	return problem.Type[strings.LastIndex(problem.Type, "/")+1:]
}

// Operator asks with an operator's token.
func (w *World) Operator(t testing.TB, method, path, body string, header ...string) Answer {
	t.Helper()
	return w.ask(t, w.operator, method, path, body, header...)
}

// Shopper asks with a token without scopes.
func (w *World) Shopper(t testing.TB, method, path, body string, header ...string) Answer {
	t.Helper()
	return w.ask(t, w.shopper, method, path, body, header...)
}

func (w *World) ask(t testing.TB, token, method, path, body string, header ...string) Answer {
	t.Helper()
	request, err := http.NewRequestWithContext(Context(t), method, w.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: read the answer: %v", method, path, err)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: content}
}

// Receive stocks goods, in units by SKU.
func (w *World) Receive(t testing.TB, goods Lines) {
	t.Helper()
	if answer := w.Operator(t, http.MethodPost, "/v1/stock/receipts", Body(goods), "Idempotency-Key", uuid.NewString()); answer.Status != http.StatusCreated {
		t.Fatalf("receive goods: %d %s", answer.Status, answer.Body)
	}
}

// Body is the JSON of a receipt.
func Body(goods Lines) string {
	type line struct {
		SKU      string `json:"sku"`
		Quantity int64  `json:"quantity"`
	}
	var body struct {
		Lines []line `json:"lines"`
	}
	for sku, quantity := range goods {
		body.Lines = append(body.Lines, line{sku, quantity})
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// Level of a SKU, as REST shows it.
type Level struct {
	Name                         string
	OnHand                       int64 `json:"on_hand"`
	Reserved, Available, Version int64
}

// Level asks for the stock of a SKU.
func (w *World) Level(t testing.TB, sku string) Level {
	t.Helper()
	answer := w.Shopper(t, http.MethodGet, "/v1/stock/"+sku, "")
	if answer.Status != http.StatusOK {
		t.Fatalf("get the stock of %s: %d %s", sku, answer.Status, answer.Body)
	}
	var level Level
	answer.Into(t, &level)
	return level
}
