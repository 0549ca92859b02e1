package deploy_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The list of images is what the command says, from where it is made to where it is used.
func TestTheReleasePublishesAnImageOfEveryProgram(t *testing.T) {
	workflow, err := os.ReadFile(filepath.Join(root, ".github", "workflows", "release.yml"))
	require.NoError(t, err)
	for _, use := range []string{
		`go run ./cmd/ordersaga programs --json | jq -c '[.[].name, "ordersaga"]'`,
		`program: ${{ fromJSON(needs.programs.outputs.names) }}`, `PROGRAM=${{ matrix.program }}`,
		`target: ${{ matrix.program == 'ordersaga' && 'ordersaga' || 'program' }}`,
	} {
		assert.Contains(t, string(workflow), use)
	}
}
