package supervisor_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/supervisor"
)

// The test program is also the programs it supervises: what it does then is in this variable.
const roleVariable = "ORDERSAGA_SUPERVISOR_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "polite": // stops when asked
		terminated := make(chan os.Signal, 1)
		signal.Notify(terminated, syscall.SIGTERM)
		fmt.Println("up", os.Getpid())
		<-terminated
		fmt.Println("down", time.Now().UnixNano())
	case "stubborn": // does not
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("up", os.Getpid())
		// Not select {}: in a program without cgo the runtime would end that as a deadlock.
		<-time.After(time.Hour)
	case "crashing":
		fmt.Println("up", os.Getpid())
		fmt.Fprintln(os.Stderr, `{"msg":"no database","error":"nobody answers"}`)
		os.Exit(3)
	case "supervising": // until it is killed
		supervise(os.Getenv("DIR"))
	}
}

func supervise(dir string) {
	s, err := supervisor.New(dir, func(format string, args ...any) { fmt.Printf(format+"\n", args...) })
	if err == nil {
		_, err = s.Start(program("polite", "polite"))
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("supervising")
	select {}
}

func program(name, role string) supervisor.Program {
	return supervisor.Program{
		Name: name, Path: os.Args[0], Env: append(os.Environ(), roleVariable+"="+role), Patience: time.Minute,
	}
}

func TestAProgramIsStartedLoggedAndStopped(t *testing.T) {
	s, said := newSupervisor(t, t.TempDir())
	child, err := s.Start(program("polite", "polite"))
	require.NoError(t, err)
	pid := waitForPid(t, s.LogFile("polite"), 0)
	assert.Equal(t, child.Pid(), pid)

	s.Stop(nil)
	assert.False(t, runs(pid), "the process is gone when Stop returns")
	assert.Contains(t, read(t, s.LogFile("polite")), "down", "it was asked to stop, not killed")
	assert.Empty(t, said(), "nothing is worth a line")
}

func TestACrashedProgramIsStartedAgainWithBackOffAndSaid(t *testing.T) {
	s, said := newSupervisor(t, t.TempDir())
	child, err := s.Start(program("crashing", "crashing"))
	require.NoError(t, err)
	eventually(t, "three crashes", func() bool { count, _ := child.Crashes(); return count >= 3 })
	s.Stop(nil)

	lines := said()
	require.GreaterOrEqual(t, len(lines), 3)
	assert.Equal(t, "crashing exited with code 3: no database: nobody answers; it is started again in 200ms", lines[0])
	assert.Contains(t, lines[1], "in 400ms")
	assert.Contains(t, lines[2], "in 800ms")
	count, _ := child.Crashes()
	assert.Equal(t, count, strings.Count(read(t, s.LogFile("crashing")), "up "), "the log has every start, and none after the stop")
}

func TestAKilledProgramIsStartedAgain(t *testing.T) {
	s, said := newSupervisor(t, t.TempDir())
	_, err := s.Start(program("polite", "polite"))
	require.NoError(t, err)
	first := waitForPid(t, s.LogFile("polite"), 0)
	require.NoError(t, syscall.Kill(first, syscall.SIGKILL))
	second := waitForPid(t, s.LogFile("polite"), 1)
	assert.NotEqual(t, first, second)
	assert.Contains(t, strings.Join(said(), "\n"), "polite was ended by signal SIGKILL")
	s.Stop(nil)
	assert.False(t, runs(second))
}

func TestAProgramThatDoesNotStopIsKilledAfterItsPatience(t *testing.T) {
	s, said := newSupervisor(t, t.TempDir())
	stubborn := program("stubborn", "stubborn")
	stubborn.Patience = 50 * time.Millisecond
	_, err := s.Start(stubborn)
	require.NoError(t, err)
	pid := waitForPid(t, s.LogFile("stubborn"), 0)
	s.Stop(nil)
	assert.False(t, runs(pid))
	assert.Equal(t, []string{"stubborn does not stop: it is killed"}, said())
}

func TestHurryDoesNotWaitForPatience(t *testing.T) {
	s, _ := newSupervisor(t, t.TempDir())
	for _, name := range []string{"one", "two"} {
		_, err := s.Start(program(name, "stubborn"))
		require.NoError(t, err)
	}
	one, two := waitForPid(t, s.LogFile("one"), 0), waitForPid(t, s.LogFile("two"), 0)
	hurry := make(chan struct{})
	close(hurry)
	began := time.Now()
	s.Stop(hurry)
	assert.Less(t, time.Since(began), 30*time.Second, "their patience is a minute each")
	assert.False(t, runs(one) || runs(two))
}

func TestProgramsStopInReverseOrder(t *testing.T) {
	dir := t.TempDir()
	s, _ := newSupervisor(t, dir)
	var pids []int
	for _, name := range []string{"engines", "service", "worker"} {
		_, err := s.Start(program(name, "polite"))
		require.NoError(t, err)
		pids = append(pids, waitForPid(t, s.LogFile(name), 0))
	}
	s.Stop(nil)
	var ends []int64
	for i, name := range []string{"engines", "service", "worker"} {
		assert.False(t, runs(pids[i]))
		_, last, found := strings.Cut(read(t, s.LogFile(name)), "down ")
		require.True(t, found, "%s was asked to stop", name)
		end, err := strconv.ParseInt(strings.TrimSpace(last), 10, 64)
		require.NoError(t, err)
		ends = append(ends, end)
	}
	assert.True(t, ends[2] < ends[1] && ends[1] < ends[0], "the one started last ends first: %v", ends)
}

func TestOneSupervisorAFolder(t *testing.T) {
	dir := t.TempDir()
	first, _ := newSupervisor(t, dir)
	_, err := supervisor.New(dir, func(string, ...any) {})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "another `ordersaga dev` (process "+strconv.Itoa(os.Getpid())+") runs on this folder")
	assert.NotContains(t, err.Error(), "\n")

	first.Stop(nil)
	second, err := supervisor.New(dir, func(string, ...any) {})
	require.NoError(t, err, "the lock goes with its holder")
	second.Stop(nil)
}

func TestNothingOutlivesAKilledSupervisor(t *testing.T) {
	dir := t.TempDir()
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), roleVariable+"=supervising", "DIR="+dir)
	require.NoError(t, victim.Start())
	log := filepath.Join(dir, "logs", "polite.log")
	child := waitForPid(t, log, 0)
	eventually(t, "the record of the child", func() bool {
		_, err := os.Stat(filepath.Join(dir, "run", "polite.pid.json"))
		return err == nil
	})
	require.NoError(t, victim.Process.Kill())
	_ = victim.Wait()

	s, _ := newSupervisor(t, dir)
	require.NoError(t, s.EndLeftovers("polite"))
	assert.False(t, runs(child))
	s.Stop(nil)
}

// Where the kernel does not end the children of a killed supervisor, the record does: here one
// supervisor finds the record of another one's child.
func TestALeftoverIsFoundByItsRecordAndStopped(t *testing.T) {
	elsewhere, dir := t.TempDir(), t.TempDir()
	first, _ := newSupervisor(t, elsewhere)
	_, err := first.Start(program("polite", "polite"))
	require.NoError(t, err)
	pid := waitForPid(t, first.LogFile("polite"), 0)
	copyRecord(t, elsewhere, dir, nil)

	second, said := newSupervisor(t, dir)
	require.NoError(t, second.EndLeftovers("absent", "polite"))
	assert.False(t, runs(pid))
	assert.Equal(t, []string{fmt.Sprintf("polite of an earlier start still runs (process %d): it is stopped", pid)}, said())
	first.Stop(nil)
	second.Stop(nil)
}

func TestAnotherProcessWithTheIDOfALeftoverIsLeftAlone(t *testing.T) {
	elsewhere, dir := t.TempDir(), t.TempDir()
	first, _ := newSupervisor(t, elsewhere)
	_, err := first.Start(program("polite", "polite"))
	require.NoError(t, err)
	pid := waitForPid(t, first.LogFile("polite"), 0)
	// The id is that of a process which runs, the birth is not its.
	copyRecord(t, elsewhere, dir, func(record string) string {
		return strings.Replace(record, `"birth":"`, `"birth":"earlier `, 1)
	})

	second, said := newSupervisor(t, dir)
	require.NoError(t, second.EndLeftovers("polite"))
	assert.True(t, runs(pid))
	assert.Empty(t, said())
	first.Stop(nil)
	second.Stop(nil)
}

func copyRecord(t *testing.T, from, to string, change func(string) string) {
	t.Helper()
	name := filepath.Join("run", "polite.pid.json")
	record := read(t, filepath.Join(from, name))
	if change != nil {
		changed := change(record)
		require.NotEqual(t, record, changed)
		record = changed
	}
	require.NoError(t, os.MkdirAll(filepath.Join(to, "run"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(to, name), []byte(record), 0o600))
}

func TestLogsOfEarlierStartsAreKeptThreeTimes(t *testing.T) {
	dir := t.TempDir()
	var pids []string
	for range 5 {
		s, _ := newSupervisor(t, dir)
		_, err := s.Start(program("polite", "polite"))
		require.NoError(t, err)
		pids = append(pids, fmt.Sprintf("up %d\n", waitForPid(t, s.LogFile("polite"), 0)))
		s.Stop(nil)
	}
	log := filepath.Join(dir, "logs", "polite.log")
	assert.Contains(t, read(t, log), pids[4])
	assert.Contains(t, read(t, log+".1"), pids[3])
	assert.Contains(t, read(t, log+".3"), pids[1])
	assert.NoFileExists(t, log+".4")
}

func TestFollowShowsLinesAsTheyComeWholeAndInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var mu sync.Mutex
	var seen []string
	go supervisor.Follow(t.Context(), path, func(line string) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, line)
	})
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	lines := func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), seen...)
	}
	fmt.Fprint(file, "one\ntw")
	eventually(t, "the first line", func() bool { return len(lines()) == 1 })
	fmt.Fprint(file, "o\nthree\n")
	eventually(t, "all lines", func() bool { return len(lines()) == 3 })
	assert.Equal(t, []string{"one", "two", "three"}, lines())
}

func newSupervisor(t *testing.T, dir string) (s *supervisor.Supervisor, said func() []string) {
	t.Helper()
	var mu sync.Mutex
	var lines []string
	s, err := supervisor.New(dir, func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, fmt.Sprintf(format, args...))
	})
	require.NoError(t, err)
	return s, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), lines...)
	}
}

// waitForPid waits until the log has more starts than that, and gives the pid of the next one.
func waitForPid(t *testing.T, log string, starts int) (pid int) {
	t.Helper()
	eventually(t, fmt.Sprintf("start %d in %s", starts+1, log), func() bool {
		raw, _ := os.ReadFile(log)
		var found []string
		for line := range strings.Lines(string(raw)) {
			if number, ok := strings.CutPrefix(line, "up "); ok && strings.HasSuffix(line, "\n") {
				found = append(found, strings.TrimSpace(number))
			}
		}
		if len(found) <= starts {
			return false
		}
		pid, _ = strconv.Atoi(found[starts])
		return pid > 0
	})
	return pid
}

// runs tells whether there is such a process that has not ended.
func runs(pid int) bool {
	out, _ := exec.Command("ps", "-o", "state=", "-p", strconv.Itoa(pid)).Output()
	state := strings.TrimSpace(string(out))
	return state != "" && !strings.HasPrefix(state, "Z")
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(raw)
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, time.Minute, 5*time.Millisecond, "waited in vain for "+what)
}
