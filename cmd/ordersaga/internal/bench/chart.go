package bench

import (
	_ "embed"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"text/template"
)

//go:embed chart.svg.tmpl
var chartText string

// Sizes in the chart, in pixels.
const (
	rowHeight, top      = 20, 60
	plotLeft, plotWidth = 420, 520
	chartWidth          = plotLeft + plotWidth + 220
)

var chart = template.Must(template.New("chart").Funcs(template.FuncMap{"text": func(s string) (string, error) {
	var escaped strings.Builder
	err := xml.EscapeText(&escaped, []byte(s))
	return escaped.String(), err
}}).Parse(chartText))

// row is a case in the chart: a bar from p50 to p99, by their places.
type row struct {
	Y             int
	Name, Figures string
	Color         string
	X50, X95, X99 float64
}

// mark is a line of the axis.
type mark struct {
	X    float64
	Name string
}

// colors of the parts.
var colors = map[Part]string{Orders: "#2b6cb0", Reads: "#2f855a", Visible: "#b7791f", Life: "#6b46c1", Recovery: "#c53030", Instances: "#00838f", Growth: "#4a5568"}

// WriteChart writes the report as an SVG picture: for each case a bar from p50 over p95 to p99 on a
// logarithmic axis, with its speed and cost.
func (r *Report) WriteChart(to io.Writer) error {
	least, most := math.Inf(1), 0.0
	for _, c := range r.Cases {
		least, most = min(least, max(c.P50, 0.01)), max(most, c.P99)
	}
	from, until := math.Floor(math.Log10(least)), math.Ceil(math.Log10(max(most, least)))
	place := func(ms float64) float64 {
		return plotLeft + plotWidth*(max(math.Log10(ms), from)-from)/max(until-from, 1)
	}
	var rows []row
	for i, c := range r.Cases {
		figures := fmt.Sprintf("%.1f ms", c.P50)
		if !c.onlyTimes {
			figures += fmt.Sprintf(", %.0f/s, CPU %.2f ms", c.PerSecond, c.CPUTotal)
		}
		rows = append(rows, row{top + i*rowHeight, c.String(), figures, colors[c.Part], place(c.P50), place(c.P95), place(c.P99)})
	}
	var marks []mark
	for power := from; power <= until; power++ {
		marks = append(marks, mark{place(math.Pow(10, power)), fmt.Sprintf("%g ms", math.Pow(10, power))})
	}
	return chart.Execute(to, map[string]any{
		"Width": chartWidth, "Height": top + len(rows)*rowHeight + 20, "Left": plotLeft, "Top": top, "Rows": rows, "Marks": marks,
	})
}
