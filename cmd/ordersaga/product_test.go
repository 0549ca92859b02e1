package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAChangeKeepsWhatIsNotGiven(t *testing.T) {
	const kettle = `{"sku":"KETTLE","name":"Kettle","description":"Boils.","price":{"amount":90000,"currency":"JPY"},"active":true,"version":7}`
	var sent, seen string
	catalog := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			body, _ := io.ReadAll(r.Body)
			sent, seen = string(body), r.Header.Get("If-Match")
		}
		w.Header().Set("ETag", `"7"`)
		_, _ = io.WriteString(w, kettle)
	}))
	defer catalog.Close()
	t.Setenv("ORDERSAGA_TOKEN", "of-an-operator")

	for _, test := range []struct {
		flags []string
		want  string
	}{
		{nil, `{"name":"Kettle","description":"Boils."}`},
		{[]string{"--name=Pot", "--description="}, `{"name":"Pot","description":""}`},
		{[]string{"--category="}, `{"name":"Kettle","description":"Boils.","categories":[]}`},
		{[]string{"--image=https://a.example/1 A kettle"}, `{"name":"Kettle","description":"Boils.","images":[{"url":"https://a.example/1","alt":"A kettle"}]}`},
	} {
		words := append([]string{"product", "change", "KETTLE"}, test.flags...)
		require.NoError(t, run(t, &addresses{URL: map[string]string{"catalog": catalog.URL}}, words...))
		assert.JSONEq(t, test.want, sent, "%v", test.flags)
		assert.Equal(t, `"7"`, seen, "meant for the version that was seen")
	}
}

func TestAnImportSaysHowFarItIs(t *testing.T) {
	var said bytes.Buffer
	show := &importing{size: 4096, progress: progress{to: &said, unit: "KiB", last: -1}}
	show.sent.Store(1024)
	show.look()
	show.sent.Store(4096)
	show.watch()()
	assert.Equal(t, "Sending  25%  1 of 4 KiB\nSending 100%  4 of 4 KiB\nChecking and storing, all of it or nothing …\n", said.String())
}
