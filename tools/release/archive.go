package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// file of an archive.
type file struct {
	name    string
	content []byte
	program bool
}

// writeArchive writes a tar.gz that depends only on the files: sorted, with one date and no owner.
func writeArchive(path, folder string, date time.Time, files []file) error {
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	var out bytes.Buffer
	compressed := gzip.NewWriter(&out)
	archive := tar.NewWriter(compressed)
	header := func(name string, kind byte, mode, size int64) *tar.Header {
		return &tar.Header{Name: name, Typeflag: kind, Mode: mode, Size: size, ModTime: date, Format: tar.FormatUSTAR}
	}
	if err := archive.WriteHeader(header(folder+"/", tar.TypeDir, 0o755, 0)); err != nil {
		return err
	}
	for _, f := range files {
		mode := int64(0o644)
		if f.program {
			mode = 0o755
		}
		if err := archive.WriteHeader(header(folder+"/"+f.name, tar.TypeReg, mode, int64(len(f.content)))); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if _, err := archive.Write(f.content); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	if err := compressed.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}
