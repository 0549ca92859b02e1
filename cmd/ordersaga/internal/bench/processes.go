package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc, which is 10 ms on all platforms of Go.
const tick = 10 * time.Millisecond

// self is the name of this process among the processes, and postgresName that of the database
// server.
const self, postgresName = "bench", "postgres"

// process is one of a development stack.
type process struct {
	parent int
	title  string
	cpu    time.Duration
}

// cpuTimes returns the CPU time that each process of a development stack has used, by name. Sessions
// of PostgreSQL are counted by their database, the processes of its own as "postgres". It is nil
// where there is no /proc. dirs are the folders of supervisors, engines the process ids of those that
// devstack runs.
func cpuTimes(dirs []string, engines map[string]int) (map[string]time.Duration, error) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return nil, nil
	}
	names := map[int]string{}
	for _, dir := range dirs {
		if err := addProgramIDs(dir, names); err != nil {
			return nil, err
		}
	}
	for name, pid := range engines {
		names[pid] = name
	}
	names[os.Getpid()] = self
	all := processes()
	used := map[string]time.Duration{}
	for pid, p := range all {
		if name := nameOf(pid, all, names); name != "" {
			used[name] += p.cpu
		}
	}
	return used, nil
}

// nameOf finds the program that a process is, or descends from; "" for one of another system.
func nameOf(pid int, all map[int]process, names map[int]string) string {
	title := all[pid].title
	for pid > 1 {
		name, ours := names[pid]
		if !ours {
			pid = all[pid].parent
			continue
		}
		// The title of a session: "postgres: USER DATABASE ADDRESS WHAT".
		if words := strings.Fields(title); name == postgresName && len(words) > 3 && words[0] == "postgres:" && strings.Contains(words[3], "(") {
			return postgresName + " " + words[2]
		}
		return name
	}
	return ""
}

func processes() map[int]process {
	entries, _ := os.ReadDir("/proc")
	all := map[int]process{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if p, ok := readProcess(pid); ok {
			all[pid] = p
		}
	}
	return all
}

// readProcess reads /proc/PID/stat: see proc(5). A process may end meanwhile.
func readProcess(pid int) (p process, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return p, false
	}
	// The name, in parentheses, may contain spaces.
	end := strings.LastIndexByte(string(stat), ')')
	fields := strings.Fields(string(stat[end+1:]))
	const parentField, userField, systemField = 1, 11, 12
	if end < 0 || len(fields) <= systemField {
		return p, false
	}
	p.parent, _ = strconv.Atoi(fields[parentField])
	for _, field := range []int{userField, systemField} {
		ticks, _ := strconv.ParseInt(fields[field], 10, 64)
		p.cpu += time.Duration(ticks) * tick
	}
	title, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	p.title = strings.ReplaceAll(string(title), "\x00", " ")
	return p, true
}

// addProgramIDs reads the process ids that a supervisor recorded. The second instance of a program,
// NAME-2, has the program's name.
func addProgramIDs(dir string, names map[int]string) error {
	files, err := filepath.Glob(filepath.Join(dir, "run", "*.pid.json"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no program runs in %s: start `ordersaga dev` there", dir)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var record struct {
			Pid int `json:"pid"`
		}
		if err := json.Unmarshal(raw, &record); err != nil {
			return fmt.Errorf("read %s: %w", file, err)
		}
		name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".pid.json"), "-")
		names[record.Pid] = name
	}
	return nil
}
