package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// specification is the CycloneDX version of the bills; most readers know it.
const specification = cdx.SpecVersion1_6

// billOf makes the bill of the programs: each program with its modules.
func billOf(r release, programs []program, modules []module) ([]byte, error) {
	product := programs[0].info.Main.Path
	bill := cdx.NewBOM()
	root := cdx.Component{
		BOMRef: purl(product, r.version), Type: cdx.ComponentTypeApplication, Name: "ordersaga", Version: r.version,
		PackageURL: purl(product, r.version), Licenses: licenses("Apache-2.0"),
	}
	bill.Metadata = &cdx.Metadata{
		Timestamp: r.date.Format(time.RFC3339),
		Component: &root,
		Properties: &[]cdx.Property{
			{Name: "ordersaga:commit", Value: r.commit},
			{Name: "ordersaga:platform", Value: r.platform},
			{Name: "ordersaga:go", Value: programs[0].info.GoVersion},
		},
	}
	refs := map[string]string{}
	var components []cdx.Component
	var edges []cdx.Dependency
	for _, m := range modules {
		c := cdx.Component{
			BOMRef: purl(m.path, m.version), Type: cdx.ComponentTypeLibrary, Name: m.path, Version: m.version,
			PackageURL: purl(m.path, m.version), Licenses: licenses(m.licenses...),
		}
		if m.sum != "" {
			hash, err := hashOf(m.sum)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.key(), err)
			}
			c.Hashes = &[]cdx.Hash{hash}
		}
		refs[m.key()] = c.BOMRef
		components = append(components, c)
		edges = append(edges, cdx.Dependency{Ref: c.BOMRef})
	}
	all := []string{}
	for _, p := range programs {
		content := sha256.Sum256(p.content)
		c := cdx.Component{
			BOMRef: purl(product, r.version) + "#" + p.path(), Type: cdx.ComponentTypeApplication, Name: p.name, Version: r.version,
			PackageURL: purl(product, r.version) + "#" + p.path(), Licenses: licenses("Apache-2.0"),
			Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(content[:])}},
		}
		uses := []string{refs[modules[len(modules)-1].key()]} // the standard library
		for _, dep := range p.info.Deps {
			uses = append(uses, refs[dep.Path+"@"+dep.Version])
		}
		components = append(components, c)
		edges = append(edges, cdx.Dependency{Ref: c.BOMRef, Dependencies: &uses})
		all = append(all, c.BOMRef)
	}
	edges = append(edges, cdx.Dependency{Ref: root.BOMRef, Dependencies: &all})
	bill.Components, bill.Dependencies = &components, &edges
	// The serial number derives from the bill's content.
	identity, err := encode(bill)
	if err != nil {
		return nil, err
	}
	bill.SerialNumber = uuid.NewSHA1(uuid.NameSpaceURL, identity).URN()
	return encode(bill)
}

func encode(bill *cdx.BOM) ([]byte, error) {
	var out bytes.Buffer
	err := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bill, specification)
	return out.Bytes(), err
}

// purl returns the package URL of a Go module.
func purl(path, version string) string {
	return "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
}

// hashOf returns the hash in go.sum: the SHA-256 of the list of the SHA-256 of a module's files,
// not that of its zip file. CycloneDX has no name for it; its own tool for Go writes it in the same
// way.
func hashOf(sum string) (cdx.Hash, error) {
	encoded, ok := strings.CutPrefix(sum, "h1:")
	if !ok {
		return cdx.Hash{}, fmt.Errorf("the sum %q is not of the kind h1", sum)
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return cdx.Hash{}, fmt.Errorf("the sum %q: %w", sum, err)
	}
	return cdx.Hash{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(raw)}, nil
}

// licenses returns the licenses of a module's files; none when they are unknown.
func licenses(ids ...string) *cdx.Licenses {
	if len(ids) == 0 {
		return nil
	}
	found := cdx.Licenses{}
	for _, id := range ids {
		found = append(found, cdx.LicenseChoice{License: &cdx.License{ID: id}})
	}
	return &found
}

// schemaFolder is where the library has the schemas of CycloneDX.
func schemaFolder(ctx context.Context) (string, error) {
	folder, err := output(ctx, ".", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go")
	return filepath.Join(strings.TrimSpace(string(folder)), "schema"), err
}

// validate checks a bill against the schema of its version.
func validate(folder string, bill []byte) error {
	compiler := jsonschema.NewCompiler()
	const base = "http://cyclonedx.org/schema/"
	for name, file := range map[string]string{
		"bom-1.6.schema.json": "bom-1.6.schema.json", "spdx.schema.json": "spdx.schema.json", "jsf-0.82.schema.json": "jsf-0.82.schemax.json",
	} {
		opened, err := os.Open(filepath.Join(folder, file))
		if err != nil {
			return err
		}
		schema, err := jsonschema.UnmarshalJSON(opened)
		opened.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := compiler.AddResource(base+name, schema); err != nil {
			return err
		}
	}
	schema, err := compiler.Compile(base + "bom-1.6.schema.json")
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(bill))
	if err != nil {
		return err
	}
	return schema.Validate(document)
}
