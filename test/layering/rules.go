// Package layering checks who may import whom.
package layering

import (
	"fmt"
	"slices"
	"strings"
)

// module is the path of the root module and the beginning of every package of ours.
const module = "github.com/ordersaga/ordersaga"

// allowed says, for each top folder, which of ours its packages may import. An entry that ends in a
// slash stands for everything below it.
var allowed = map[string][]string{
	// The building blocks know nothing of shops, the contracts nothing of who keeps them. A refusal
	// is a building block that crosses borders.
	"platform":  {"platform/"},
	"contracts": {"contracts/", "platform/refusal"},
	// What a worker replays must not reach anything that is not deterministic.
	"workflows":  {"workflows/", "contracts/", "platform/refusal", "platform/text"},
	"activities": {"activities/", "contracts/", "platform/"},
	"worker":     {"worker/", "workflows/", "activities/", "contracts/", "platform/"},
	// A service is replaced, scaled and deployed by itself.
	"services": {"contracts/", "platform/"},
	// Who uses the client gets the shapes of the contracts and nothing of ours besides.
	"client": {"client/", "contracts/"},
	// The commands talk to the system as anyone outside it does.
	"cmd": {"client/", "contracts/", "platform/"},
	// Services are met there as processes.
	"test": {"test/", "client/", "workflows/", "activities/", "contracts/", "platform/"},
}

// drivers reach the world outside: nothing for a workflow, which is replayed, or for a domain,
// which is only about the business.
var drivers = []string{
	"database/sql", "net/http", "os", "os/exec",
	"github.com/jackc/pgx", "gorm.io", "go.mongodb.org", "github.com/rabbitmq", "google.golang.org/grpc",
	"github.com/labstack/echo", "github.com/danielgtaylor/huma",
}

// ForbiddenImport says why a package must not import another one, or nothing when it may. Both are
// import paths.
func ForbiddenImport(from, to string) (why string) {
	from = strings.TrimSuffix(strings.TrimSuffix(from, ".test"), "_test")
	mine, ours := strings.CutPrefix(from, module+"/")
	if !ours {
		return ""
	}
	if theirs, also := strings.CutPrefix(to, module+"/"); also {
		return amongOurs(mine, theirs)
	}
	return ofOthers(mine, to)
}

func amongOurs(from, to string) string {
	top, _, _ := strings.Cut(from, "/")
	if strings.HasPrefix(to, "devstack/") || to == "devstack" {
		return "nobody imports devstack: it is only ever a child process"
	}
	permitted, known := allowed[top]
	if !known {
		return fmt.Sprintf("the folder %s has no rule yet: say in test/layering/rules.go whom it may know", top)
	}
	if top == "services" || top == "cmd" {
		permitted = append(slices.Clone(permitted), own(from))
	}
	if !within(to, permitted) {
		return fmt.Sprintf("%s may know only %s", top, strings.Join(permitted, ", "))
	}
	if slice := sliceOf(from); slice != "" && sliceOf(to) != "" && sliceOf(to) != slice {
		return "slices do not import slices"
	}
	return ""
}

func ofOthers(from, to string) string {
	switch {
	case strings.HasPrefix(to, "github.com/danielgtaylor/huma/v2/adapters") && from != "platform/rest":
		return "only platform/rest imports Huma's adapter"
	case strings.HasPrefix(from, "workflows/") && within(to, drivers):
		return "workflows are deterministic: what reaches the world is an activity"
	case isDomain(from) && within(to, drivers):
		return "a domain is pure: what reaches the world is around it"
	default:
		return ""
	}
}

// own is the folder of the program that a package belongs to: services/orders/.
func own(pkg string) string {
	parts := strings.SplitN(pkg, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/") + "/"
}

// within tells whether a path is one of the given ones or lies below one.
func within(path string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		root = strings.TrimSuffix(root, "/")
		return path == root || strings.HasPrefix(path, root+"/")
	})
}

// sliceOf is the use case that a package belongs to, or "":
// services/orders/internal/commands/placeorder.
func sliceOf(pkg string) string {
	parts := strings.Split(pkg, "/")
	for i := 2; i+1 < len(parts) && parts[0] == "services"; i++ {
		if parts[i] == "commands" || parts[i] == "queries" {
			return strings.Join(parts[:i+2], "/")
		}
	}
	return ""
}

func isDomain(pkg string) bool {
	return strings.HasPrefix(pkg, "services/") && strings.Contains(pkg+"/", "/internal/domain/")
}
