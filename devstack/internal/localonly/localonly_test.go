package localonly

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOtherHostsAreRefused(t *testing.T) {
	for host, want := range map[string]struct{ loopback, beyond bool }{
		"localhost":           {true, true},
		"localhost:8085":      {true, true},
		"LOCALHOST.:8085":     {true, true},
		"auth.localhost:8085": {true, true},
		"127.0.0.1:8085":      {true, true},
		"127.0.0.2":           {true, true},
		"[::1]:8085":          {true, true},
		"[::1]":               {true, true},
		"192.168.1.7:8085":    {false, true},
		"evil.example":        {false, false},
		"evil.example:8085":   {false, false},
		"localhost.evil.com":  {false, false},
		"evillocalhost":       {false, false},
		"127.0.0.1.nip.io":    {false, false},
		"0x7f000001":          {false, false},
		"":                    {false, false},
	} {
		for loopback, want := range map[bool]bool{true: want.loopback, false: want.beyond} {
			reached := false
			handler := Handler(loopback, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
			request := httptest.NewRequest(http.MethodGet, "/", nil)
			request.Host = host
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, request)
			assert.Equal(t, want, reached, "%q, loopback %v", host, loopback)
			if !want {
				assert.Equal(t, http.StatusMisdirectedRequest, answer.Code)
			}
		}
	}
}
