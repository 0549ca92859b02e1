package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/ordersaga/ordersaga/client"
)

// invocation is the command line of this program, from which the commands shown to the user are
// built.
type invocation struct {
	program string
	command []string // its words, with its arguments: product, search, tea
	// flags of the command line, in their order. Those of the environment are not needed.
	flags []given
}

type given struct {
	flag  *kong.Flag
	value string
}

// invoked keeps the parsed command line.
func (a *addresses) invoked(parsed *kong.Context) {
	a.invocation = invocation{program: os.Args[0]}
	for _, path := range parsed.Path {
		switch {
		case path.Command != nil:
			a.command = append(a.command, path.Command.Name)
		case path.Positional != nil:
			a.command = append(a.command, values(parsed.Value(path).Interface())...)
		case path.Flag != nil:
			for _, value := range values(parsed.FlagValue(path.Flag)) {
				if again := (given{path.Flag, value}); !slices.Contains(a.flags, again) {
					a.flags = append(a.flags, again)
				}
			}
		}
	}
}

// values returns the values of a flag, as they are written on a command line.
func values(of any) (written []string) {
	pairs, many := of.(map[string]string)
	if !many {
		return []string{fmt.Sprint(of)}
	}
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		written = append(written, name+"="+pairs[name])
	}
	return written
}

// again returns a command line of this program with the flags that locate the services.
func (a *addresses) again(words ...string) string {
	line := append([]string{a.program}, words...)
	for _, g := range a.flags {
		if slices.Contains(whereFlags, g.flag.Name) {
			line = append(line, "--"+g.flag.Name, g.value)
		}
	}
	for i := range line {
		line[i] = quoted(line[i])
	}
	return strings.Join(line, " ")
}

// nextPage prints the command for the next page.
func (a *addresses) nextPage(cursor string) {
	if cursor != "" {
		fmt.Fprintf(os.Stderr, "There is more. The next page:\n  %s\n", a.next(cursor))
	}
}

// next returns the command line with another cursor.
func (a *addresses) next(cursor string) string {
	words := slices.Clone(a.command)
	for _, g := range a.flags {
		if g.flag.Name != "cursor" && !slices.Contains(whereFlags, g.flag.Name) {
			words = append(words, "--"+g.flag.Name+"="+g.value)
		}
	}
	return a.again(append(words, "--cursor="+cursor)...)
}

// whereFlags locate the services and belong to every command.
var whereFlags = []string{"dir", "url"}

var plain = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quoted quotes a word for a shell.
func quoted(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// paging selects a page of a list.
type paging struct {
	Limit  int    `help:"How many are on a page." default:"${limit}"`
	Cursor string `help:"Cursor of the page, from the page before." placeholder:"CURSOR"`
}

func (p paging) page() client.PageRequest {
	return client.PageRequest{Limit: p.Limit, Cursor: p.Cursor}
}
