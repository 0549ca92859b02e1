package stack

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddressesAreGivenElseWrittenDownElseTheUsualOnes(t *testing.T) {
	root := t.TempDir()
	below := filepath.Join(root, "examples", "onlineretail")
	require.NoError(t, os.MkdirAll(below, 0o700))
	t.Chdir(below)
	found, err := Find(URLs{}, "")
	require.NoError(t, err)
	assert.Equal(t, defaults, found)

	require.NoError(t, os.Mkdir(filepath.Join(root, folder), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, folder, file), []byte(`{"urls":{"orders":"http://127.0.0.1:9080/","catalog":"http://127.0.0.1:9081"}}`), 0o600))
	for _, dir := range []string{"", filepath.Join(root, folder)} {
		found, err = Find(URLs{Catalog: "http://elsewhere/"}, dir)
		require.NoError(t, err)
		assert.Equal(t, URLs{Orders: "http://127.0.0.1:9080", Catalog: "http://elsewhere", Inventory: defaults.Inventory, Issuer: defaults.Issuer}, found)
	}
	_, err = Find(URLs{}, below)
	assert.ErrorContains(t, err, "development stack", "a folder that was named must be one")
}
