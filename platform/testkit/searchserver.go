package testkit

import (
	"bufio"
	"bytes"
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
// for a test program, wherever Java and Maven are (test/searchserver). Where they are not the test is
// skipped, and make test says so at its end.
func OpenSearch(t testing.TB) (serverURL, prefix string) {
	t.Helper()
	return searchServer(t, "OpenSearch", startOpenSearch)
}

// Elasticsearch is OpenSearch with the other product. It is skipped when SEARCH_URL names a server.
func Elasticsearch(t testing.TB) (serverURL, prefix string) {
	t.Helper()
	if os.Getenv("SEARCH_URL") != "" {
		NotRun(t, "search on Elasticsearch: SEARCH_URL names the one server of the tests")
	}
	return searchServer(t, "Elasticsearch", startElasticsearch)
}

func searchServer(t testing.TB, product string, start func() (searching, error)) (serverURL, prefix string) {
	t.Helper()
	serverURL = os.Getenv("SEARCH_URL")
	if serverURL == "" {
		for _, needed := range []string{"java", "javac", "mvn"} {
			if _, err := exec.LookPath(needed); err != nil {
				NotRun(t, "search on "+product+": "+needed+" is not installed and SEARCH_URL names no server")
			}
		}
		server, err := start()
		if err != nil {
			t.Fatalf("start %s: %v", product, err)
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

// searching is a server that runs.
type searching struct {
	url string
	// input is kept: it would be closed with the last reference to it, and the server would end.
	input io.Closer
}

// The servers of this test program. They end with the program: their standard input does.
var (
	startOpenSearch    = sync.OnceValues(func() (searching, error) { return start("opensearch") })
	startElasticsearch = sync.OnceValues(func() (searching, error) { return start("elasticsearch") })
)

func start(product string) (searching, error) {
	classpath, err := compiled(product)
	if err != nil {
		return searching{}, err
	}
	home, err := os.MkdirTemp("", "ordersaga-search-*")
	if err != nil {
		return searching{}, err
	}
	// The folder is removed by who comes after this program.
	removeOld(filepath.Dir(home))
	server := exec.Command("java", "-Xms512m", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=ERROR", "-cp", classpath, "Server", home)
	input, err := server.StdinPipe()
	if err != nil {
		return searching{}, err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return searching{}, err
	}
	server.Stderr = server.Stdout
	if err := server.Start(); err != nil {
		return searching{}, err
	}
	serverURL, err := readyURL(out)
	return searching{url: serverURL, input: input}, err
}

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

// compiled is the class path of a product's launcher and its jars. Both are made once for a version of
// the sources. The two products differ in the names of their packages.
func compiled(product string) (classpath string, err error) {
	source, err := fromRoot("test", "searchserver")
	if err != nil {
		return "", err
	}
	jarsFile := filepath.Join(source, product+".xml")
	wanted, err := os.ReadFile(jarsFile)
	if err != nil {
		return "", err
	}
	launcher, err := os.ReadFile(filepath.Join(source, "Server.java"))
	if err != nil {
		return "", err
	}
	launcher = bytes.ReplaceAll(launcher, []byte("org.opensearch."), []byte("org."+product+"."))
	hash := sha256.New()
	hash.Write(wanted)
	hash.Write(launcher)
	parent, err := fromRoot(".ordersaga")
	if err != nil {
		return "", err
	}
	folder := filepath.Join(parent, "searchserver", hex.EncodeToString(hash.Sum(nil))[:16])
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
	resolve := exec.Command("mvn", "-q", "-B", "-f", jarsFile,
		"dependency:build-classpath", "-Dmdep.outputFile="+filepath.Join(made, "classpath"))
	if said, err := resolve.CombinedOutput(); err != nil {
		return "", fmt.Errorf("get the jars of a search server by Maven: %w: %.2000s", err, said)
	}
	jars, err := os.ReadFile(filepath.Join(made, "classpath"))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(made, "Server.java"), launcher, 0o600); err != nil {
		return "", err
	}
	compile := exec.Command("javac", "-cp", string(jars), "-d", made, filepath.Join(made, "Server.java"))
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
	folders, _ := filepath.Glob(filepath.Join(parent, "ordersaga-search-*"))
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
