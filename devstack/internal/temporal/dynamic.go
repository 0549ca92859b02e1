package temporal

import (
	"time"

	"go.temporal.io/server/common/dynamicconfig"
)

// Beyond what one machine can do: limits that protect a shared cluster would only throttle tests
// and benchmarks here.
const plenty = 100_000

func (s *Server) dynamicSettings() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		// Update-with-Start needs no setting of its own since it is always on.
		dynamicconfig.FrontendEnableUpdateWorkflowExecution.Key():              true,
		dynamicconfig.FrontendEnableUpdateWorkflowExecutionAsyncAccepted.Key(): true,
		dynamicconfig.FrontendEnableWorkerVersioningWorkflowAPIs.Key():         true,
		dynamicconfig.EnableDeployments.Key():                                  true,
		dynamicconfig.EnableDeploymentVersions.Key():                           true,

		dynamicconfig.FrontendRPS.Key():                                         plenty,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():                  plenty,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key():        plenty,
		dynamicconfig.FrontendMaxConcurrentLongRunningRequestsPerInstance.Key(): plenty,
		dynamicconfig.FrontendPersistenceMaxQPS.Key():                           plenty,
		dynamicconfig.HistoryRPS.Key():                                          plenty,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                            plenty,
		dynamicconfig.MatchingRPS.Key():                                         plenty,
		dynamicconfig.MatchingPersistenceMaxQPS.Key():                           plenty,
		dynamicconfig.VisibilityPersistenceMaxReadQPS.Key():                     plenty,
		dynamicconfig.VisibilityPersistenceMaxWriteQPS.Key():                    plenty,
		// Tests make namespaces, each its own: by default ten in a burst and one a second.
		dynamicconfig.FrontendMaxNamespaceNamespaceReplicationInducingAPIsRPSPerInstance.Key(): 1000,
		dynamicconfig.FrontendGlobalNamespaceNamespaceReplicationInducingAPIsRPS.Key():         1000,
		dynamicconfig.FrontendNamespaceReplicationInducingAPIsRPS.Key():                        1000,

		// One host serves every task queue: forwarding between partitions would only add hops.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
		// Of the HTTP API, by name or address and port: see the package localonly. What it does not
		// match is refused.
		dynamicconfig.FrontendHTTPAllowedHosts.Key(): s.httpHosts(),
		// How soon a new namespace or search attribute is known to every service.
		dynamicconfig.NamespaceCacheRefreshInterval.Key(): time.Second,
	}
}
