package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

const (
	testVersion = "v1.2.3"
	testCommit  = "0123456789abcdef0123456789abcdef01234567"
)

// build makes a program as a release does, or with other settings and flags.
func build(t *testing.T, text string, settings, flags []string) release {
	t.Helper()
	source, programs := t.TempDir(), filepath.Join(t.TempDir(), "bin")
	write(t, filepath.Join(source, "go.mod"), "module example.com/shop\n\ngo 1.26\n")
	write(t, filepath.Join(source, "till", "main.go"), fmt.Sprintf("package main\n\nfunc main() { println(%q) }\n", text))
	command := exec.Command("go", append(append([]string{"build"}, flags...), "-buildvcs=false", "-o", programs+"/", "./till")...)
	command.Dir = source
	command.Env = append(append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0"), settings...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return release{
		version: testVersion, commit: testCommit, date: time.Unix(1_700_000_000, 0).UTC(),
		platform: runtime.GOOS + "/" + runtime.GOARCH, programs: programs,
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyWhatMayShipIsPacked(t *testing.T) {
	told := testVersion + " of " + testCommit
	trimmed := []string{"-trimpath"}
	other := "GOOS=darwin"
	if runtime.GOOS == "darwin" {
		other = "GOOS=linux"
	}
	for name, tried := range map[string]struct {
		text            string
		settings, flags []string
		want            string
	}{
		"a program as it should be":              {told, nil, trimmed, ""},
		"a program for another system":           {told, []string{other}, trimmed, "GOOS"},
		"a program that tells where it was made": {told, nil, nil, "-trimpath"},
		"a program without its version":          {"v1.2.2 of " + testCommit, nil, trimmed, "version"},
		"a program without its commit":           {testVersion, nil, trimmed, "commit"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readPrograms(build(t, tried.text, tried.settings, tried.flags))
			if tried.want == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if tried.want != "" && (err == nil || !strings.Contains(err.Error(), tried.want)) {
				t.Errorf("packed, or for another reason not: %v; want one that names %s", err, tried.want)
			}
		})
	}
}

func TestTheBillNamesEveryModuleAndKeepsToItsSchema(t *testing.T) {
	r := build(t, testVersion+" of "+testCommit, nil, []string{"-trimpath"})
	programs, err := readPrograms(r)
	if err != nil {
		t.Fatal(err)
	}
	modules, err := modulesOf(t.Context(), t.TempDir(), programs)
	if err != nil {
		t.Fatal(err)
	}
	modules = slices.Insert(modules, 0, module{
		path: "example.com/lib", version: "v2.0.0+incompatible", sum: "h1:3nDYoHgFcXDUYUWJKQzXNkoZ4Gk2vLOHJq+DNFUQTDE=", licenses: []string{"MIT"},
	})
	written, err := billOf(r, programs, modules)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := schemaFolder(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(schema, written); err != nil {
		t.Error(err)
	}
	if again, err := billOf(r, programs, modules); err != nil || !bytes.Equal(again, written) {
		t.Errorf("a second bill of the same programs is another one: %v", err)
	}
	var bill cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(written), cdx.BOMFileFormatJSON).Decode(&bill); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"pkg:golang/example.com/lib@v2.0.0%2Bincompatible", "pkg:golang/example.com/shop@v1.2.3#till",
		"pkg:golang/stdlib@" + strings.TrimPrefix(runtime.Version(), "go"),
	} {
		if !slices.ContainsFunc(*bill.Components, func(c cdx.Component) bool { return c.PackageURL == want }) {
			t.Errorf("the bill has no %s", want)
		}
	}
	modules[0].licenses = []string{"No-Such-License"}
	wrong, err := billOf(r, programs, modules)
	if err != nil {
		t.Fatal(err)
	}
	if validate(schema, wrong) == nil {
		t.Error("a license that SPDX does not know keeps to the schema: it is not looked at")
	}
}

func TestLicensesAreToldApart(t *testing.T) {
	const bsd = "Redistribution and use in source and binary\n forms, with or without modification, are permitted. "
	for text, want := range map[string]string{
		"   Apache License\n   Version 2.0, January 2004":                                                "Apache-2.0",
		"Permission is hereby granted, free of charge, to any person\nobtaining a copy of this software": "MIT",
		bsd: "BSD-2-Clause",
		bsd + "Neither the name of Google Inc. nor":                                                             "BSD-3-Clause",
		"Mozilla Public License Version 2.0\n===":                                                               "MPL-2.0",
		"Permission to use, copy, modify, and/or distribute this software for any\npurpose with or without fee": "ISC",
		"All rights reserved.": "",
	} {
		if have := strings.Join(identify(text), " "); have != want {
			t.Errorf("%q is %q, not %q", text, want, have)
		}
	}
}

func TestTheSameFilesGiveTheSameArchive(t *testing.T) {
	date := time.Unix(1_700_000_000, 0)
	archive := func(files ...file) []byte {
		path := filepath.Join(t.TempDir(), "archive.tar.gz")
		if err := writeArchive(path, "shop_v1", date, files); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	till, readme := file{name: "till", content: []byte("a program"), program: true}, file{name: "README.md", content: []byte("read")}
	first, second := archive(till, readme), archive(readme, till)
	if !bytes.Equal(first, second) {
		t.Error("the order in which files are given is seen in the archive")
	}
	uncompressed, err := gzip.NewReader(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for reader := tar.NewReader(uncompressed); ; {
		h, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if !h.ModTime.Equal(date) || h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" {
			t.Errorf("%s is of %s, by %d:%d %s:%s", h.Name, h.ModTime, h.Uid, h.Gid, h.Uname, h.Gname)
		}
		listed = append(listed, fmt.Sprintf("%s %o", h.Name, h.Mode))
	}
	if want := []string{"shop_v1/ 755", "shop_v1/README.md 644", "shop_v1/till 755"}; !slices.Equal(listed, want) {
		t.Errorf("the archive has %q, not %q", listed, want)
	}
}
