package testkit

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// OpenSearch is a search server and a beginning for the names of this test's indexes, which are
// removed after it. The server is that of SEARCH_URL; without it a real OpenSearch is started, once
// for a test program, wherever Java and Maven are (test/opensearch). Where they are not the test is
// skipped, and make test says so at its end.
func OpenSearch(t testing.TB) (serverURL, prefix string) {
	t.Helper()
	serverURL = os.Getenv("SEARCH_URL")
	if serverURL == "" {
		for _, needed := range []string{"java", "javac", "mvn"} {
			if _, err := exec.LookPath(needed); err != nil {
				NotRun(t, "search on OpenSearch: "+needed+" is not installed and SEARCH_URL names no server")
			}
		}
		server, err := startOpenSearch()
		if err != nil {
			t.Fatalf("start OpenSearch: %v", err)
		}
		serverURL = server.url
	}
	prefix = "test-" + unique() + "-"
	t.Cleanup(func() { removeIndexes(t, serverURL, prefix) })
	return serverURL, prefix
}

// NotRun skips a test. The file of ORDERSAGA_NOT_RUN collects what was not run and why, for the end
// of make test.
func NotRun(t testing.TB, why string) {
	t.Helper()
	if path := os.Getenv("ORDERSAGA_NOT_RUN"); path != "" {
		file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = file.WriteString(why + "\n")
			_ = file.Close()
		}
		if err != nil {
			t.Errorf("say that a test was not run: %v", err)
		}
	}
	t.Skip(why)
}

// openSearch is a server that runs.
type openSearch struct {
	url string
	// input is kept: it would be closed with the last reference to it, and the server would end.
	input io.Closer
}

// startOpenSearch starts the server of this test program. It ends with the program: its standard
// input does.
var startOpenSearch = sync.OnceValues(func() (openSearch, error) {
	source, err := fromRoot("test", "opensearch")
	if err != nil {
		return openSearch{}, err
	}
	classpath, err := compiled(source)
	if err != nil {
		return openSearch{}, err
	}
	home, err := os.MkdirTemp("", "ordersaga-opensearch-*")
	if err != nil {
		return openSearch{}, err
	}
	// The folder is removed by who comes after this program.
	removeOld(filepath.Dir(home))
	server := exec.Command("java", "-Xms512m", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=ERROR", "-cp", classpath, "Server", home)
	input, err := server.StdinPipe()
	if err != nil {
		return openSearch{}, err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return openSearch{}, err
	}
	server.Stderr = server.Stdout
	if err := server.Start(); err != nil {
		return openSearch{}, err
	}
	serverURL, err := readyURL(out)
	return openSearch{url: serverURL, input: input}, err
})

func readyURL(out io.Reader) (string, error) {
	type result struct {
		url string
		err error
	}
	ready := make(chan result, 1)
	go func() {
		var said []string
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if serverURL, is := strings.CutPrefix(lines.Text(), "READY "); is {
				ready <- result{url: serverURL}
				_, _ = io.Copy(io.Discard, out) // what it says later must not block it
				return
			}
			said = append(said, lines.Text())
		}
		ready <- result{err: fmt.Errorf("it ended: %s", strings.Join(said, "\n"))}
	}()
	select {
	case r := <-ready:
		return r.url, r.err
	case <-time.After(2 * patience):
		return "", fmt.Errorf("it is not ready after %s", 2*patience)
	}
}

// compiled is the class path of the launcher and its jars. Both are made once for a version of the
// sources.
func compiled(source string) (classpath string, err error) {
	hash := sha256.New()
	for _, name := range []string{"pom.xml", "Server.java"} {
		content, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return "", err
		}
		hash.Write(content)
	}
	parent, err := fromRoot(".ordersaga")
	if err != nil {
		return "", err
	}
	folder := filepath.Join(parent, "opensearch", hex.EncodeToString(hash.Sum(nil))[:16])
	if content, err := os.ReadFile(filepath.Join(folder, "classpath")); err == nil && jarsAreThere(string(content)) {
		return folder + string(os.PathListSeparator) + string(content), nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		return "", err
	}
	made, err := os.MkdirTemp(filepath.Dir(folder), "made-*")
	if err != nil {
		return "", err
	}
	resolve := exec.Command("mvn", "-q", "-B", "-f", filepath.Join(source, "pom.xml"),
		"dependency:build-classpath", "-Dmdep.outputFile="+filepath.Join(made, "classpath"))
	if said, err := resolve.CombinedOutput(); err != nil {
		return "", fmt.Errorf("get the jars of OpenSearch by Maven: %w: %.2000s", err, said)
	}
	jars, err := os.ReadFile(filepath.Join(made, "classpath"))
	if err != nil {
		return "", err
	}
	compile := exec.Command("javac", "-cp", string(jars), "-d", made, filepath.Join(source, "Server.java"))
	if said, err := compile.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile Server.java: %w: %.2000s", err, said)
	}
	// Another test program may have been faster.
	if err := os.Rename(made, folder); err != nil {
		return made + string(os.PathListSeparator) + string(jars), nil
	}
	return folder + string(os.PathListSeparator) + string(jars), nil
}

func jarsAreThere(classpath string) bool {
	for _, jar := range filepath.SplitList(classpath) {
		if _, err := os.Stat(jar); err != nil {
			return false
		}
	}
	return true
}

// removeOld removes the folders of servers whose test programs ended long ago.
func removeOld(parent string) {
	folders, _ := filepath.Glob(filepath.Join(parent, "ordersaga-opensearch-*"))
	for _, folder := range folders {
		if info, err := os.Stat(folder); err == nil && time.Since(info.ModTime()) > 2*time.Hour {
			_ = os.RemoveAll(folder)
		}
	}
}

// fromRoot is a path in the tree that the test belongs to.
func fromRoot(parts ...string) (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "docker-compose.yml")); err == nil {
			return filepath.Join(append([]string{folder}, parts...)...), nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("the test does not run in the tree")
		}
		folder = filepath.Dir(folder)
	}
}

func removeIndexes(t testing.TB, serverURL, prefix string) {
	client := http.Client{Timeout: patience}
	for _, path := range []string{"/" + prefix + "*", "/_index_template/" + prefix + "*"} {
		target, err := url.Parse(serverURL)
		if err != nil {
			t.Errorf("SEARCH_URL: %v", err)
			return
		}
		target.Path = path
		request, err := http.NewRequest(http.MethodDelete, target.String(), http.NoBody)
		if err != nil {
			t.Errorf("remove %s: %v", path, err)
			return
		}
		response, err := client.Do(request)
		if err != nil {
			continue // a test may have stopped the line to it
		}
		_ = response.Body.Close()
	}
}
