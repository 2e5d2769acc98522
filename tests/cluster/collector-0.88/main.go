// Command otelcol is the OpenTelemetry Collector of the reference deployment, of upstream's own modules: what its pods say and measure in the tests of
// tracedoctor is what this release says and measures.
package main

import (
	"log"

	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/servicegraphconnector"
	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/spanmetricsconnector"
	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/prometheusremotewriteexporter"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/healthcheckextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/jaegerreceiver"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/debugexporter"
	"go.opentelemetry.io/collector/exporter/loggingexporter"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/zpagesextension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
)

func main() {
	factories, err := components()
	if err != nil {
		log.Fatal(err)
	}
	info := component.BuildInfo{
		Command:     "otelcol-contrib",
		Description: "OpenTelemetry Collector Contrib",
		Version:     "0.88.0",
	}
	command := otelcol.NewCommand(otelcol.CollectorSettings{BuildInfo: info, Factories: factories})
	if err := command.Execute(); err != nil {
		log.Fatalf("collector server run finished with error: %v", err)
	}
}

func components() (factories otelcol.Factories, err error) {
	if factories.Receivers, err = receiver.MakeFactoryMap(otlpreceiver.NewFactory(), jaegerreceiver.NewFactory()); err != nil {
		return
	}
	if factories.Processors, err = processor.MakeFactoryMap(batchprocessor.NewFactory(), memorylimiterprocessor.NewFactory()); err != nil {
		return
	}
	if factories.Exporters, err = exporter.MakeFactoryMap(
		debugexporter.NewFactory(), loggingexporter.NewFactory(), otlpexporter.NewFactory(), otlphttpexporter.NewFactory(),
		prometheusremotewriteexporter.NewFactory(),
	); err != nil {
		return
	}
	if factories.Connectors, err = connector.MakeFactoryMap(servicegraphconnector.NewFactory(), spanmetricsconnector.NewFactory()); err != nil {
		return
	}
	factories.Extensions, err = extension.MakeFactoryMap(healthcheckextension.NewFactory(), zpagesextension.NewFactory())
	return
}
