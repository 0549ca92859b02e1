package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/stack"
	"github.com/ordersaga/ordersaga/platform/config"
)

type settingsCommand struct {
	binaries
	Programs []string `arg:"" optional:"" help:"Of these programs only: orders, worker, …"`
	Markdown bool     `help:"Print Markdown, as docs/operations.md has it."`
}

func (c *settingsCommand) Run() error {
	names, err := selectPrograms(c.Programs)
	if err != nil {
		return err
	}
	all := make([][]config.Setting, len(names))
	for i, name := range names {
		if all[i], err = c.settings(name); err != nil {
			return err
		}
	}
	if c.Markdown {
		printMarkdown(names, all)
		return nil
	}
	for i, name := range names {
		if i > 0 {
			fmt.Println()
		}
		fmt.Println(name)
		tableOf([]string{"  VARIABLE", "DEFAULT", "MEANING"}, all[i], func(s config.Setting) []string {
			return []string{"  " + s.Name, defaultOf(s), s.Description}
		})
	}
	return nil
}

func (p *binaries) settings(name string) ([]config.Setting, error) {
	path, err := p.path(name)
	if err != nil {
		return nil, err
	}
	raw, err := exec.Command(path, "--settings").Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s for its settings: %w", path, err)
	}
	var settings []config.Setting
	if err := json.Unmarshal(raw, &settings); err != nil {
		return nil, fmt.Errorf("read the settings of %s: %w", path, err)
	}
	return settings, nil
}

// defaultOf returns the default of a variable.
func defaultOf(s config.Setting) string {
	if s.Required {
		return "required"
	}
	return s.Default
}

// printMarkdown prints the variables that several programs read once, before those of each program.
func printMarkdown(names []string, all [][]config.Setting) {
	readers := map[config.Setting][]string{}
	for i, name := range names {
		for _, s := range all[i] {
			readers[s] = append(readers[s], name)
		}
	}
	if len(names) > 1 {
		fmt.Printf("### Of several programs\n\n| variable | default | meaning | read by |\n|---|---|---|---|\n")
	}
	told := map[config.Setting]bool{}
	for _, settings := range all {
		for _, s := range settings {
			by := readers[s]
			if len(by) < 2 || told[s] {
				continue
			}
			told[s] = true
			who := strings.Join(by, ", ")
			if len(by) == len(names) {
				who = "all"
			}
			fmt.Printf("%s %s |\n", markdownRow(s), who)
		}
	}
	for i, name := range names {
		if i > 0 || len(names) > 1 {
			fmt.Println()
		}
		fmt.Printf("### %s\n\n| variable | default | meaning |\n|---|---|---|\n", name)
		for _, s := range all[i] {
			if !told[s] {
				fmt.Println(markdownRow(s))
			}
		}
	}
}

func markdownRow(s config.Setting) string {
	fallback := defaultOf(s)
	if fallback != "" && !s.Required {
		fallback = "`" + fallback + "`"
	}
	meaning := s.Description
	if s.Secret {
		meaning += " (a secret)"
	}
	return fmt.Sprintf("| `%s` | %s | %s |", s.Name, fallback, strings.ReplaceAll(meaning, "|", `\|`))
}

// selectPrograms returns the programs asked for, or all that have settings.
func selectPrograms(asked []string) ([]string, error) {
	if len(asked) == 0 {
		return stack.Order()[1:], nil // devstack has a file
	}
	for _, name := range asked {
		if err := checkProgram(name); err != nil {
			return nil, err
		}
	}
	return asked, nil
}
