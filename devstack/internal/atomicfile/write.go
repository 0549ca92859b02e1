// Package atomicfile replaces a file atomically: a reader sees the old or the new content.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces the file at path. The content is on disk before it is visible.
func Write(path string, content []byte, mode fs.FileMode) error {
	if err := replace(path, content, mode); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

func replace(path string, content []byte, mode fs.FileMode) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // fails after the rename
	defer file.Close()
	_, err = file.Write(content)
	if err := errors.Join(err, file.Chmod(mode), file.Sync()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
