// Command release packs the programs that scripts/release has built for one platform: an archive,
// and its software bill of materials (SBOM). Both are made only from the programs, so that they
// match them; the same programs always give the same bytes.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// release has the arguments of one call.
type release struct {
	version, commit string
	date            time.Time // of the commit, so that it does not depend on the time of packing
	platform        string    // os/arch
	root            string    // of the repository
	programs        string    // the folder with the built programs
	dist            string    // where the archive and the bill go
}

// name of the archive, of the folder in it, and of the bill.
func (r release) name() string {
	return "ordersaga_" + r.version + "_" + strings.ReplaceAll(r.platform, "/", "_")
}

func main() {
	var (
		r       release
		seconds int64
	)
	flag.StringVar(&r.version, "version", "", "the version that the programs were built with")
	flag.StringVar(&r.commit, "commit", "", "the commit that the programs were built from")
	flag.Int64Var(&seconds, "date", 0, "the commit's date, in seconds since 1970")
	flag.StringVar(&r.platform, "platform", "", "the platform that the programs were built for: os/arch")
	flag.StringVar(&r.root, "root", "", "the root of the repository")
	flag.StringVar(&r.programs, "programs", "", "the folder with the built programs")
	flag.StringVar(&r.dist, "dist", "", "the folder for the archive and the bill")
	flag.Parse()
	missing := ""
	flag.VisitAll(func(f *flag.Flag) {
		if f.Value.String() == f.DefValue {
			missing += " -" + f.Name
		}
	})
	if missing != "" || flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "release: missing:%s; not understood: %q\n", missing, flag.Args())
		os.Exit(2)
	}
	r.date = time.Unix(seconds, 0).UTC()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := pack(ctx, r); err != nil {
		fmt.Fprintf(os.Stderr, "release: %s: %v\n", r.platform, err)
		os.Exit(1)
	}
}

func pack(ctx context.Context, r release) error {
	programs, err := readPrograms(r)
	if err != nil {
		return err
	}
	modules, err := modulesOf(ctx, r.root, programs)
	if err != nil {
		return err
	}
	bill, err := billOf(r, programs, modules)
	if err != nil {
		return err
	}
	schema, err := schemaFolder(ctx)
	if err != nil {
		return err
	}
	if err := validate(schema, bill); err != nil {
		return fmt.Errorf("the bill does not keep to its schema: %w", err)
	}
	if err := os.WriteFile(filepath.Join(r.dist, r.name()+".cdx.json"), bill, 0o644); err != nil {
		return err
	}
	files := []file{{name: "THIRD-PARTY-LICENSES.txt", content: notices(modules)}}
	for _, name := range []string{"LICENSE", "README.md"} {
		content, err := os.ReadFile(filepath.Join(r.root, name))
		if err != nil {
			return err
		}
		files = append(files, file{name: name, content: content})
	}
	for _, p := range programs {
		files = append(files, file{name: p.name, content: p.content, program: true})
	}
	return writeArchive(filepath.Join(r.dist, r.name()+".tar.gz"), r.name(), r.date, files)
}
