package temporal

import (
	"time"

	"go.temporal.io/server/common/dynamicconfig"
)

// Higher than one machine can reach: limits for a shared cluster would only slow down tests and
// benchmarks.
const plenty = 100_000

func (s *Server) dynamicSettings() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		// Update-with-Start needs no setting: it is always on.
		dynamicconfig.FrontendEnableUpdateWorkflowExecution.Key():              true,
		dynamicconfig.FrontendEnableUpdateWorkflowExecutionAsyncAccepted.Key(): true,
		dynamicconfig.FrontendEnableWorkerVersioningWorkflowAPIs.Key():         true,
		dynamicconfig.EnableDeployments.Key():                                  true,
		dynamicconfig.EnableDeploymentVersions.Key():                           true,
		// Operators can pause whole workflows, not only activities.
		dynamicconfig.WorkflowPauseEnabled.Key(): true,

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
		// Each test makes a namespace; the default is a burst of ten and one a second.
		dynamicconfig.FrontendMaxNamespaceNamespaceReplicationInducingAPIsRPSPerInstance.Key(): 1000,
		dynamicconfig.FrontendGlobalNamespaceNamespaceReplicationInducingAPIsRPS.Key():         1000,
		dynamicconfig.FrontendNamespaceReplicationInducingAPIsRPS.Key():                        1000,

		// One host serves every task queue: forwarding between partitions would only cost time.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
		// Runs that are kept in memory, closed ones for an hour, and the events of each shard. With the
		// defaults, 128,000 runs and 512 KiB, they fill the memory after some thousand orders, and
		// FerretDB, which is in this process, spends its time on collecting garbage. The runs that are
		// worked on at one moment must fit in: without room the server works on one later.
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key(): 4000,
		dynamicconfig.EventsCacheMaxSizeBytes.Key():      64 << 10,
		// Allowed hosts of the HTTP API, by name or address and port (see package localonly).
		// Others are refused.
		dynamicconfig.FrontendHTTPAllowedHosts.Key(): s.httpHosts(),
		// The delay until every service has a new namespace or search attribute.
		dynamicconfig.NamespaceCacheRefreshInterval.Key(): time.Second,
	}
}
