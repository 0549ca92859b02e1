package deploy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// scrapes is what of Prometheus' configuration is checked.
type scrapes struct {
	RuleFiles []string `json:"rule_files"`
	Jobs      []scrape `json:"scrape_configs"`
}

type scrape struct {
	Name   string              `json:"job_name"`
	Path   string              `json:"metrics_path"`
	Params map[string][]string `json:"params"`
	Static []targets           `json:"static_configs"`
	Files  []struct {
		Paths []string `json:"files"`
	} `json:"file_sd_configs"`
}

// targets of a job, in its own file or in one that it names.
type targets struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

func readYAML(t testing.TB, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, into), path)
}

// prometheusConfig with what compose mounts beside it.
func prometheusConfig(t testing.TB, project *types.Project) (config scrapes) {
	t.Helper()
	readYAML(t, "prometheus/prometheus.yml", &config)
	require.NotEmpty(t, config.Jobs)
	mounted := map[string]string{}
	for _, mount := range project.Services["prometheus"].Configs {
		mounted[mount.Target] = project.Configs[mount.Source].Content
	}
	for i, job := range config.Jobs {
		for _, file := range job.Files {
			for _, path := range file.Paths {
				require.Contains(t, mounted, path, "job %s reads %s, which is not mounted", job.Name, path)
				var more []targets
				require.NoError(t, json.Unmarshal([]byte(mounted[path]), &more), path)
				config.Jobs[i].Static = append(config.Jobs[i].Static, more...)
			}
		}
	}
	return config
}

func TestPrometheusScrapesEveryProgramWhereItListens(t *testing.T) {
	project := load(t)
	config := prometheusConfig(t, project)
	scraped := map[string]int{}
	for _, job := range config.Jobs {
		for _, group := range job.Static {
			for _, target := range group.Targets {
				host, port, _ := strings.Cut(target, ":")
				number, err := strconv.Atoi(port)
				require.NoError(t, err, target)
				if host == "127.0.0.1" {
					continue // itself
				}
				service, there := project.Services[host]
				require.True(t, there, "%s: no such service", target)
				assert.True(t, listens(service, number), "%s: the service has no such port", target)
				if job.Name == "ordersaga" {
					scraped[host] = number
					assert.Equal(t, map[string]string{"program": host}, group.Labels, target)
				}
			}
		}
	}
	settings := allSettings(t)
	for _, program := range programs {
		// Metrics are on the last port: admin where there is one.
		ports := settings.ports(program)
		assert.Equal(t, ports[len(ports)-1], scraped[program], program)
	}
	mounted := map[string]bool{}
	for _, mount := range project.Services["prometheus"].Volumes {
		mounted[mount.Target] = true
	}
	for _, file := range config.RuleFiles {
		assert.True(t, mounted[file], "%s is not mounted", file)
	}
}

// expressions of alerts and dashboards, by where they stand.
func expressions(t testing.TB) map[string]string {
	t.Helper()
	found := map[string]string{}
	rules, problems := rulefmt.ParseFile("prometheus/alerts.yml", false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.Default())
	require.Empty(t, problems)
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			found["alert "+rule.Alert] = rule.Expr
			assert.NotEmpty(t, rule.Labels["severity"], rule.Alert)
			assert.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			assert.NotEmpty(t, rule.Annotations["description"], rule.Alert)
		}
	}
	for _, panel := range panels(t) {
		for _, target := range panel.Targets {
			if target.Expr != "" {
				found["panel "+panel.Title+" "+target.RefID] = target.Expr
			}
		}
	}
	return found
}

type panel struct {
	ID         int    `json:"id"`
	Type       string `json:"type"`
	Title      string `json:"title"`
	Datasource struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	} `json:"datasource"`
	Targets []struct {
		RefID string `json:"refId"`
		Expr  string `json:"expr"`
	} `json:"targets"`
	GridPos struct{ H, W, X, Y int } `json:"gridPos"`
}

func panels(t testing.TB) (found []panel) {
	t.Helper()
	files, err := filepath.Glob("grafana/dashboards/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var dashboard struct {
			UID    string  `json:"uid"`
			Panels []panel `json:"panels"`
		}
		require.NoError(t, json.Unmarshal(content, &dashboard), file)
		require.NotEmpty(t, dashboard.UID, file)
		found = append(found, dashboard.Panels...)
	}
	return found
}

func TestDashboardsAskDataSourcesThatAreProvisioned(t *testing.T) {
	project := load(t)
	var provisioned struct {
		Datasources []struct {
			UID  string `json:"uid"`
			Type string `json:"type"`
			URL  string `json:"url"`
		} `json:"datasources"`
	}
	readYAML(t, "grafana/provisioning/datasources/ordersaga.yaml", &provisioned)
	kinds := map[string]string{}
	for _, source := range provisioned.Datasources {
		kinds[source.UID] = source.Type
		address, err := url.Parse(source.URL)
		require.NoError(t, err)
		port, err := strconv.Atoi(address.Port())
		require.NoError(t, err)
		assert.True(t, listens(project.Services[address.Hostname()], port), "%s leads nowhere", source.URL)
	}
	var provider struct {
		Providers []struct {
			Options struct {
				Path string `json:"path"`
			} `json:"options"`
		} `json:"providers"`
	}
	readYAML(t, "grafana/provisioning/dashboards/ordersaga.yaml", &provider)
	grafana := project.Services["grafana"]
	assert.True(t, slices.ContainsFunc(grafana.Volumes, func(mount types.ServiceVolumeConfig) bool {
		return mount.Target == provider.Providers[0].Options.Path
	}), "the dashboards are not mounted where they are looked for")
	home := environment(grafana)["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	_, err := os.Stat(filepath.Join("grafana/dashboards", filepath.Base(home)))
	assert.NoError(t, err, "the home dashboard")

	seen := map[int]string{}
	for _, panel := range panels(t) {
		assert.Empty(t, seen[panel.ID], "panels %q and %q have one id", seen[panel.ID], panel.Title)
		seen[panel.ID] = panel.Title
		assert.LessOrEqual(t, panel.GridPos.X+panel.GridPos.W, 24, panel.Title)
		if panel.Type == "row" || panel.Type == "text" {
			continue
		}
		assert.Equal(t, panel.Datasource.Type, kinds[panel.Datasource.UID], "%s asks no provisioned data source", panel.Title)
		assert.NotEmpty(t, panel.Targets, panel.Title)
	}
}

// series are the label names of each metric that was seen.
type series map[string]map[string]bool

var sample = regexp.MustCompile(`(?m)^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^}]*)\})? `)

var labelName = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="`)

// metricsExist scrapes what Prometheus would and looks for each metric and label that an alert or a
// dashboard names. An expression over a metric that nobody has is never true and never wrong, so
// nobody would notice.
func metricsExist(t *testing.T, here machine) {
	t.Helper()
	asked := expressions(t)
	// RabbitMQ has the figures of a new queue after some seconds.
	eventually(t, "every metric and label that alerts and dashboards name", func() error {
		seen := scrapeAll(t, here)
		var wrong []error
		for _, where := range sortedKeys(asked) {
			for _, problem := range unknown(asked[where], seen) {
				wrong = append(wrong, errors.New(where+": "+problem))
			}
		}
		return errors.Join(wrong...)
	})
}

// scrapeAll asks every target of Prometheus that runs here.
func scrapeAll(t testing.TB, here machine) series {
	t.Helper()
	seen := series{"up": {}}
	for _, job := range prometheusConfig(t, load(t)).Jobs {
		for _, group := range job.Static {
			for _, target := range group.Targets {
				to, known := here[target]
				if !known {
					continue
				}
				path := job.Path
				if path == "" {
					path = "/metrics"
				}
				text, err := get("http://" + to + path + "?" + url.Values(job.Params).Encode())
				require.NoError(t, err, "scrape %s", target)
				seen.add(text)
			}
		}
	}
	return seen
}

func (s series) add(text string) {
	for _, match := range sample.FindAllStringSubmatch(text, -1) {
		if s[match[1]] == nil {
			s[match[1]] = map[string]bool{}
		}
		for _, label := range labelName.FindAllStringSubmatch(match[2], -1) {
			s[match[1]][label[1]] = true
		}
	}
}

// unknown metrics and labels of an expression.
func unknown(expression string, seen series) (wrong []string) {
	// What Grafana fills in is any duration to the parser.
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(strings.ReplaceAll(expression, "$__rate_interval", "5m"))
	if err != nil {
		return []string{err.Error()}
	}
	scraped := []string{"__name__", "job", "instance", "program"} // come with the scrape
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if aggregation, is := node.(*parser.AggregateExpr); is {
			for _, label := range aggregation.Grouping {
				if !slices.Contains(scraped, label) && !someHas(seen, aggregation.Expr, label) {
					wrong = append(wrong, fmt.Sprintf("nothing in %s has the label %s", aggregation.Expr, label))
				}
			}
		}
		selector, is := node.(*parser.VectorSelector)
		if !is {
			return nil
		}
		labels, known := seen[selector.Name]
		if !known {
			wrong = append(wrong, fmt.Sprintf("nobody has the metric %s", selector.Name))
			return nil
		}
		for _, matcher := range selector.LabelMatchers {
			if !slices.Contains(scraped, matcher.Name) && !labels[matcher.Name] {
				wrong = append(wrong, fmt.Sprintf("%s has no label %s", selector.Name, matcher.Name))
			}
		}
		return nil
	})
	return wrong
}

// someHas tells whether a metric of the expression has the label.
func someHas(seen series, expression parser.Expr, label string) (has bool) {
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		if selector, is := node.(*parser.VectorSelector); is {
			has = has || seen[selector.Name][label]
		}
		return nil
	})
	return has
}

func TestAMetricThatNobodyHasIsNamed(t *testing.T) {
	seen := series{"ordersaga_outbox_lag_seconds": {}, "ordersaga_use_case_duration_seconds_count": {"name": true}}
	assert.Empty(t, unknown(`max by (program) (ordersaga_outbox_lag_seconds) > 60`, seen))
	assert.Equal(t, []string{"nobody has the metric ordersaga_outbox_lag"}, unknown(`ordersaga_outbox_lag > 60`, seen))
	assert.Equal(t, []string{"ordersaga_use_case_duration_seconds_count has no label nane"},
		unknown(`rate(ordersaga_use_case_duration_seconds_count{nane="mark_stuck"}[$__rate_interval])`, seen))
	assert.Equal(t, []string{"nothing in ordersaga_outbox_lag_seconds has the label queue"}, unknown(`max by (queue) (ordersaga_outbox_lag_seconds)`, seen))
	assert.Len(t, unknown(`rate(`, seen), 1)
}

// A use case that was renamed would leave its alert behind: the metric is there, the name in it is
// not.
func TestUseCasesThatAlertsAndDashboardsNameExist(t *testing.T) {
	var source strings.Builder
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "services"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") {
			content, readErr := os.ReadFile(path)
			source.Write(content)
			return readErr
		}
		return err
	}))
	named := regexp.MustCompile(`name="(\w+)"`)
	for where, expression := range expressions(t) {
		for _, match := range named.FindAllStringSubmatch(expression, -1) {
			assert.Regexp(t, `cqrs\.(Command|Query)\("`+match[1]+`"`, source.String(), "%s: no use case %s", where, match[1])
		}
	}
}

// The collector's file, as far as it can be read without the collector: every part that a pipeline
// names is defined, every part defined is used, and it sends to Jaeger.
func TestTheCollectorSendsTracesToJaeger(t *testing.T) {
	project := load(t)
	var config struct {
		Receivers struct {
			OTLP struct {
				Protocols map[string]struct {
					Endpoint string `json:"endpoint"`
				} `json:"protocols"`
			} `json:"otlp"`
		} `json:"receivers"`
		Processors map[string]any `json:"processors"`
		Exporters  map[string]struct {
			Endpoint string `json:"endpoint"`
		} `json:"exporters"`
		Extensions map[string]any `json:"extensions"`
		Service    struct {
			Extensions []string                       `json:"extensions"`
			Pipelines  map[string]map[string][]string `json:"pipelines"`
		} `json:"service"`
	}
	readYAML(t, "opentelemetry/collector.yaml", &config)
	traces := config.Service.Pipelines["traces"]
	assert.Equal(t, []string{"otlp"}, traces["receivers"])
	assert.ElementsMatch(t, sortedKeys(config.Processors), traces["processors"])
	assert.ElementsMatch(t, sortedKeys(config.Exporters), traces["exporters"])
	assert.ElementsMatch(t, sortedKeys(config.Extensions), config.Service.Extensions)
	for name, exporter := range config.Exporters {
		for _, to := range addressesIn(exporter.Endpoint) {
			assert.Equal(t, "jaeger", to.host, name)
			assert.True(t, listens(project.Services[to.host], to.port), name)
		}
	}
	for _, program := range programs {
		env := environment(project.Services[program])
		to := addressesIn(env["OTEL_EXPORTER_OTLP_ENDPOINT"])
		require.Len(t, to, 1, program)
		assert.Equal(t, "otel-collector", to[0].host, program)
		_, port, _ := strings.Cut(config.Receivers.OTLP.Protocols[env["OTEL_EXPORTER_OTLP_PROTOCOL"]].Endpoint, ":")
		assert.Equal(t, strconv.Itoa(to[0].port), port, "%s speaks %s", program, env["OTEL_EXPORTER_OTLP_PROTOCOL"])
	}
}
