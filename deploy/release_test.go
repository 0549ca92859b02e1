package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheReleasePublishesAnImageOfEveryProgram(t *testing.T) {
	workflow, err := os.ReadFile(filepath.Join(root, ".github", "workflows", "release.yml"))
	require.NoError(t, err)
	found := regexp.MustCompile(`(?m)^ *program: \[(.*)\]$`).FindSubmatch(workflow)
	require.NotNil(t, found, "the matrix of images")
	assert.ElementsMatch(t, append([]string{"ordersaga"}, programs...), strings.Split(string(found[1]), ", "))
}
