package testkit

import (
	"fmt"
	"os"
	"testing"
)

// NotRun skips a test that needs what is not on this machine: the message names what, and what to
// do. `make test` repeats it at its end, so that a test that was not run is not taken for one that
// passed.
func NotRun(t testing.TB, format string, arguments ...any) {
	t.Helper()
	message := fmt.Sprintf(format, arguments...)
	if list := os.Getenv("ORDERSAGA_NOT_RUN"); list != "" {
		file, err := os.OpenFile(list, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(file, "%s: %s\n", t.Name(), message)
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Skip(message)
}
