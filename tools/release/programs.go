package main

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// program is a built program with its build information.
type program struct {
	name    string
	content []byte
	info    *debug.BuildInfo
}

func readPrograms(r release) ([]program, error) {
	entries, err := os.ReadDir(r.programs) // sorted by name
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("there is no program in %s", r.programs)
	}
	programs := make([]program, len(entries))
	for i, entry := range entries {
		content, err := os.ReadFile(filepath.Join(r.programs, entry.Name()))
		if err != nil {
			return nil, err
		}
		info, err := buildinfo.Read(bytes.NewReader(content))
		if err != nil {
			return nil, fmt.Errorf("%s is no Go program: %w", entry.Name(), err)
		}
		p := program{name: entry.Name(), content: content, info: info}
		if err := p.check(r); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		programs[i] = p
		if first := programs[0].info; info.GoVersion != first.GoVersion || info.Main.Path != first.Main.Path {
			return nil, fmt.Errorf("%s is of %s, built with %s; the others are of %s, built with %s",
				p.name, info.Main.Path, info.GoVersion, first.Main.Path, first.GoVersion)
		}
	}
	return programs, nil
}

// check refuses programs that must not be released: for another platform, with cgo, with local
// paths, or without version and commit.
func (p program) check(r release) error {
	goos, goarch, _ := strings.Cut(r.platform, "/")
	for key, want := range map[string]string{"GOOS": goos, "GOARCH": goarch, "CGO_ENABLED": "0", "-trimpath": "true"} {
		if have := p.setting(key); have != want {
			return fmt.Errorf("was built with %s=%q, not with %q", key, have, want)
		}
	}
	for what, text := range map[string]string{"version": r.version, "commit": r.commit} {
		if !bytes.Contains(p.content, []byte(text)) {
			return fmt.Errorf("does not contain its %s, %s", what, text)
		}
	}
	return nil
}

func (p program) setting(key string) string {
	for _, setting := range p.info.Settings {
		if setting.Key == key {
			return setting.Value
		}
	}
	return ""
}

// path of the program below its module: services/orders.
func (p program) path() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.info.Path, p.info.Main.Path), "/")
}
