package telemetry

import "github.com/ordersaga/ordersaga/platform/config"

// Settings are the variables that Setup reads.
func Settings() []config.Setting {
	return []config.Setting{
		config.Text("LOG_LEVEL", "info", "debug, info, warn or error"),
		config.Text("OTEL_TRACES_EXPORTER", "", "otlp, console, "+TraceFileExporter+" or none; otlp when an endpoint is set"),
		config.Text("OTEL_EXPORTER_OTLP_ENDPOINT", "", "the collector that traces are sent to, like http://collector:4318"),
		config.Text("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "http/protobuf (port 4318) or grpc (port 4317)"),
		config.Text("OTEL_SERVICE_NAME", "", "another name for the program in traces"),
		config.PathOf("ORDERSAGA_TRACE_FILE", "the file that "+TraceFileExporter+" appends to"),
		config.Text("OTEL_*", "", "everything else that OpenTelemetry defines: samplers, batches, resource attributes"),
	}
}
