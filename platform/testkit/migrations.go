package testkit

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

// Until returns the migrations up to and including the last one, as an older version of a program
// had them.
func Until(t testing.TB, files fs.FS, last string) fs.FS {
	t.Helper()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	older := fstest.MapFS{}
	for _, name := range names {
		if name > last {
			continue
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		older[name] = &fstest.MapFile{Data: content}
	}
	if older[last] == nil {
		t.Fatalf("there is no migration %s among %v", last, names)
	}
	return older
}
