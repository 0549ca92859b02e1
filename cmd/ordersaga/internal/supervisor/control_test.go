package supervisor_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/supervisor"
)

func TestAHeldProgramStaysDownUntilItIsReleased(t *testing.T) {
	dir := t.TempDir()
	s, said := newSupervisor(t, dir)
	child, err := s.Start(program("polite", "polite"))
	require.NoError(t, err)
	first := waitForPid(t, s.LogFile("polite"), 0)

	require.NoError(t, supervisor.Hold(dir, "polite"))
	assert.False(t, runs(first), "it is down when Hold returns")
	assert.Contains(t, read(t, s.LogFile("polite")), "down", "it was asked to stop, not killed")
	assert.NoFileExists(t, supervisor.Record(dir, "polite"))
	_, err = supervisor.Kill(supervisor.Record(dir, "polite"))
	require.ErrorIs(t, err, supervisor.ErrDown)
	require.NoError(t, supervisor.Hold(dir, "polite"), "once more is no harm")

	was, err := supervisor.Release(dir, "polite")
	require.NoError(t, err)
	assert.True(t, was)
	second := waitForPid(t, s.LogFile("polite"), 1)
	assert.NotEqual(t, first, second)
	count, _ := child.Crashes()
	assert.Zero(t, count, "a stop is no crash")
	was, err = supervisor.Release(dir, "polite")
	require.NoError(t, err)
	assert.False(t, was)
	assert.Equal(t, "polite is stopped until `ordersaga start polite`\npolite is started again", strings.Join(said(), "\n"))
	s.Stop(nil)
}

// A program that is between two starts would otherwise come back although it is held.
func TestACrashingProgramCanBeHeld(t *testing.T) {
	dir := t.TempDir()
	s, _ := newSupervisor(t, dir)
	child, err := s.Start(program("crashing", "crashing"))
	require.NoError(t, err)
	eventually(t, "a crash", func() bool { count, _ := child.Crashes(); return count > 0 })
	require.NoError(t, supervisor.Hold(dir, "crashing"))
	starts := strings.Count(read(t, s.LogFile("crashing")), "up ")
	released, err := supervisor.Release(dir, "crashing")
	require.NoError(t, err)
	require.True(t, released)
	eventually(t, "another start", func() bool { return strings.Count(read(t, s.LogFile("crashing")), "up ") > starts })
	s.Stop(nil)
}

func TestAHeldProgramDoesNotHoldUpTheEnd(t *testing.T) {
	dir := t.TempDir()
	s, _ := newSupervisor(t, dir)
	_, err := s.Start(program("polite", "polite"))
	require.NoError(t, err)
	waitForPid(t, s.LogFile("polite"), 0)
	require.NoError(t, supervisor.Hold(dir, "polite"))
	s.Stop(nil)
	again, _ := newSupervisor(t, dir)
	_, err = again.Start(program("polite", "polite"))
	require.NoError(t, err)
	first := waitForPid(t, again.LogFile("polite"), 0)
	_, err = supervisor.Kill(supervisor.Record(dir, "polite"))
	require.NoError(t, err, "a start starts everything")
	assert.NotEqual(t, first, waitForPid(t, again.LogFile("polite"), 1), "what is killed comes back")
	again.Stop(nil)
}

func TestOnlyARecordedProcessIsKilled(t *testing.T) {
	dir := t.TempDir()
	require.ErrorIs(t, supervisor.Running(dir), supervisor.ErrNotRunning)
	s, _ := newSupervisor(t, dir)
	require.NoError(t, supervisor.Running(dir))
	require.NoError(t, os.WriteFile(supervisor.Record(dir, "other"), []byte(`{"pid":`+pidText()+`,"birth":"another"}`), 0o600))
	_, err := supervisor.Kill(supervisor.Record(dir, "other"))
	require.ErrorIs(t, err, supervisor.ErrDown, "this test would have ended")
	s.Stop(nil)
	eventually(t, "the lock to be free", func() bool { return supervisor.Running(dir) != nil })
}

func pidText() string { return strconv.Itoa(os.Getpid()) }
