package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parse reads a command line as main does.
func parse(t *testing.T, arguments ...string) *commands {
	t.Helper()
	c := &commands{}
	parser, err := kong.New(c, kong.Vars{"version": "test"})
	require.NoError(t, err)
	parsed, err := parser.Parse(arguments)
	require.NoError(t, err)
	c.invoked(parsed)
	c.program = "./my bin/ordersaga"
	return c
}

// words are what a shell makes of a line.
func words(t *testing.T, line string) []string {
	t.Helper()
	out, err := exec.Command("sh", "-c", `for word in `+line+`; do printf '%s\n' "$word"; done`).Output()
	require.NoError(t, err, line)
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

func TestTheNextCommandWorksAsItIsPrinted(t *testing.T) {
	c := parse(t, "--dir", "/tmp/my shop", "order", "place", "--line", "TEA=1", "--url=orders=http://127.0.0.1:9080", "--url", "catalog=http://127.0.0.1:9081", "--as", "o'hara")
	again := c.again(append([]string{"order", "get", "123"}, caller{As: c.Order.Place.As}.flags()...)...)
	got := words(t, again)
	assert.Equal(t, []string{
		"./my bin/ordersaga", "order", "get", "123", "--as", "o'hara", "--dir", "/tmp/my shop", "--url", "catalog=http://127.0.0.1:9081", "--url", "orders=http://127.0.0.1:9080",
	}, got)
	read := parse(t, got[1:]...)
	assert.Equal(t, "123", read.Order.Get.ID)
	assert.Equal(t, "o'hara", read.Order.Get.As)
	assert.Equal(t, c.addresses.Dir, read.addresses.Dir)
	assert.Equal(t, c.URL, read.URL)
	assert.Len(t, read.URL, 2)

	assert.Equal(t, []string{"./my bin/ordersaga", "order", "get", "123"}, words(t, parse(t, "order", "list").again("order", "get", "123")),
		"what was not said is not said again")
}

func TestTheNextPageIsTheSameList(t *testing.T) {
	c := parse(t, "order", "list", "--operator", "--status=placed", "--limit", "5", "--cursor", "old", "--dir=there")
	read := parse(t, words(t, c.next("new$(rm)"))[1:]...)
	assert.Equal(t, "new$(rm)", read.Order.List.Cursor)
	assert.Equal(t, "placed", read.Order.List.Status)
	assert.True(t, read.Order.List.Operator)
	assert.Equal(t, 5, read.Order.List.Limit)
	assert.Equal(t, c.addresses.Dir, read.addresses.Dir)

	c = parse(t, "product", "search", "green tea", "--limit=2")
	read = parse(t, words(t, c.next("new"))[1:]...)
	assert.Equal(t, "green tea", read.Product.Search.Text, "a cursor is of one search")
}

func TestAServiceMustHaveItsName(t *testing.T) {
	parser, err := kong.New(&commands{}, kong.Vars{"version": "test"})
	require.NoError(t, err)
	_, err = parser.Parse([]string{"order", "list", "--url=order=http://127.0.0.1:8080"})
	require.ErrorContains(t, err, `there is no service "order"`)
	_, err = parser.Parse([]string{"order", "list", "--url=orders=http://127.0.0.1:8080"})
	require.NoError(t, err)
}
