package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// module is a module that is in at least one program, the Go standard library included.
type module struct {
	path, version string
	sum           string // h1:…, as in go.sum; none for the standard library
	licenses      []string
	texts         []text // of its license and notice files
}

type text struct{ name, content string }

// key is path@version.
func (m module) key() string { return m.path + "@" + m.version }

// standardLibrary is its name in vulnerability databases.
const standardLibrary = "stdlib"

// modulesOf reads the modules of the programs, and their licenses from the module cache.
func modulesOf(ctx context.Context, root string, programs []program) ([]module, error) {
	found := map[string]module{}
	for _, p := range programs {
		for _, dep := range p.info.Deps {
			if dep.Replace != nil {
				return nil, fmt.Errorf("%s has %s replaced by %s: a release is made of published modules", p.name, dep.Path, dep.Replace.Path)
			}
			m := module{path: dep.Path, version: dep.Version, sum: dep.Sum}
			found[m.key()] = m
		}
	}
	keys := make([]string, 0, len(found))
	for key := range found {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	folders, err := download(ctx, root, keys)
	if err != nil {
		return nil, err
	}
	modules := make([]module, 0, len(keys)+1)
	for _, key := range keys {
		m := found[key]
		if m.texts, err = licenseTexts(folders[key]); err != nil {
			return nil, err
		}
		modules = append(modules, m.licensed())
	}
	library := module{path: standardLibrary, version: strings.TrimPrefix(programs[0].info.GoVersion, "go")}
	goroot, err := output(ctx, root, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	if library.texts, err = licenseTexts(strings.TrimSpace(string(goroot))); err != nil {
		return nil, err
	}
	if len(library.texts) == 0 {
		return nil, fmt.Errorf("this Go has no LICENSE in %s", strings.TrimSpace(string(goroot)))
	}
	if runtime.Version() != programs[0].info.GoVersion {
		return nil, fmt.Errorf("the programs were built with %s, this is %s", programs[0].info.GoVersion, runtime.Version())
	}
	return append(modules, library.licensed()), nil
}

func (m module) licensed() module {
	for _, t := range m.texts {
		for _, id := range identify(t.content) {
			if !slices.Contains(m.licenses, id) {
				m.licenses = append(m.licenses, id)
			}
		}
	}
	slices.Sort(m.licenses)
	return m
}

// download returns the folder of each module in the cache.
func download(ctx context.Context, root string, keys []string) (map[string]string, error) {
	folders := map[string]string{}
	if len(keys) == 0 {
		return folders, nil
	}
	listed, err := output(ctx, root, append([]string{"mod", "download", "-json"}, keys...)...)
	if err != nil {
		return nil, err
	}
	for decoder := json.NewDecoder(bytes.NewReader(listed)); ; {
		var m struct{ Path, Version, Dir string }
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			return folders, nil
		} else if err != nil {
			return nil, fmt.Errorf("go mod download: %w", err)
		}
		folders[m.Path+"@"+m.Version] = m.Dir
	}
}

func output(ctx context.Context, dir string, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir, command.Stderr = dir, os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", strings.Join(arguments[:min(3, len(arguments))], " "), err)
	}
	return out, nil
}

var licenseFile = regexp.MustCompile(`(?i)^(un)?licen[cs]e|^copying|^notice|^patents`)

// licenseTexts returns the license and notice files in a module's folder.
func licenseTexts(folder string) ([]text, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var texts []text
	for _, entry := range entries {
		if entry.Type().IsRegular() && licenseFile.MatchString(entry.Name()) && filepath.Ext(entry.Name()) != ".go" {
			content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
			if err != nil {
				return nil, err
			}
			texts = append(texts, text{entry.Name(), string(content)})
		}
	}
	return texts, nil
}

// marks are phrases of one license's text only.
var marks = []struct{ id, phrase string }{
	{"Apache-2.0", "apache license version 2.0, january 2004"},
	{"Apache-2.0", "licensed under the apache license, version 2.0"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"ISC", "permission to use, copy, modify, and distribute this software for any purpose with or without fee"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"},
	{"MPL-2.0", "mozilla public license version 2.0"},
	{"MPL-2.0", "mozilla public license, version 2.0"},
	{"Unlicense", "this is free and unencumbered software released into the public domain"},
	{"CC0-1.0", "cc0 1.0 universal"},
}

var space = regexp.MustCompile(`\s+`)

// identify returns the SPDX ids of the licenses in a text, of those that Go modules usually have.
func identify(content string) []string {
	content = space.ReplaceAllString(strings.ToLower(content), " ")
	var ids []string
	for _, mark := range marks {
		if strings.Contains(content, mark.phrase) && !slices.Contains(ids, mark.id) {
			ids = append(ids, mark.id)
		}
	}
	// The BSD licenses differ in one clause.
	if strings.Contains(content, "redistribution and use in source and binary forms") {
		if strings.Contains(content, "neither the name") || strings.Contains(content, "names of its contributors may not") {
			ids = append(ids, "BSD-3-Clause")
		} else {
			ids = append(ids, "BSD-2-Clause")
		}
	}
	return ids
}

// notices returns the license texts that have to be distributed with the programs.
func notices(modules []module) []byte {
	rule := strings.Repeat("-", 100)
	var out strings.Builder
	out.WriteString("The programs in this archive contain the modules below, each under the terms that follow its name.\n")
	for _, m := range modules {
		if len(m.texts) == 0 {
			fmt.Fprintf(&out, "\n%s\n%s: the module has no license file; see where it is published\n%s\n", rule, m.key(), rule)
		}
		for _, t := range m.texts {
			fmt.Fprintf(&out, "\n%s\n%s: %s\n%s\n\n%s\n", rule, m.key(), t.name, rule, strings.TrimRight(t.content, "\n"))
		}
	}
	return []byte(out.String())
}
