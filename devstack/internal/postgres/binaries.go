// Package postgres runs a private PostgreSQL server.
package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Where the packages of Debian, Red Hat, Homebrew and Postgres.app put the programs.
var places = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// findBinaries returns the folder of initdb and postgres: of the major version of an existing data
// folder, else from PATH, else the newest found.
func findBinaries(data string) (string, error) {
	var found []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil && complete(filepath.Dir(real)) {
			found = append(found, filepath.Dir(real))
		}
	}
	var packaged []string
	for _, place := range places {
		folders, _ := filepath.Glob(place) // the patterns are constant and well formed
		packaged = append(packaged, folders...)
	}
	packaged = slices.DeleteFunc(packaged, func(folder string) bool { return !complete(folder) })
	slices.SortStableFunc(packaged, func(a, b string) int { return cmp.Compare(versionIn(b), versionIn(a)) })
	found = append(found, packaged...)
	if len(found) == 0 {
		return "", fmt.Errorf("postgres: initdb and postgres are neither in PATH nor in %s; install PostgreSQL (Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql)", strings.Join(places, ", "))
	}
	wanted, err := versionOf(data)
	if err != nil || wanted == "" {
		return found[0], err
	}
	for _, folder := range found {
		if version, err := majorOf(folder); err == nil && version == wanted {
			return folder, nil
		}
	}
	return "", fmt.Errorf("postgres: the data in %s was written by PostgreSQL %s, which is no longer installed; install it, or migrate the data with pg_upgrade", data, wanted)
}

func complete(folder string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(folder, program)); err != nil || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

var digits = regexp.MustCompile(`\d+`)

// versionIn reads the version from a folder's name; 0 when there is none.
func versionIn(folder string) int {
	version, _ := strconv.Atoi(digits.FindString(folder))
	return version
}

var majorVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

func majorOf(folder string) (string, error) {
	out, err := exec.Command(filepath.Join(folder, "postgres"), "--version").Output()
	if err != nil {
		return "", fmt.Errorf("asking the version of %s: %w", folder, err)
	}
	match := majorVersion.FindSubmatch(out)
	if match == nil {
		return "", fmt.Errorf("asking the version of %s: it answered %q", folder, out)
	}
	return string(match[1]), nil
}

// versionOf a data folder; empty when there is no data yet.
func versionOf(data string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading the version of the data: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}
