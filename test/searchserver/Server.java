import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;
import org.opensearch.transport.Netty4Plugin;

/**
 * A real search server for tests: OpenSearch as it is written here, Elasticsearch with the packages
 * renamed (platform/testkit/searchserver.go). It is one node on loopback, on a free port, with its
 * data in a folder. It prints its address when it answers, and ends when its input does, so that it
 * never outlives the tests that started it.
 */
public final class Server {
    /** HTTP is a module of a distribution; there is none here, so it is named. */
    private static final class TestNode extends Node {
        TestNode(Settings settings) {
            super(
                InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "test"),
                List.<Class<? extends Plugin>>of(Netty4Plugin.class),
                false);
        }
    }

    private Server() {}

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]);
        Settings settings = Settings.builder()
            .put("path.home", home.toString())
            .put("path.data", home.resolve("data").toString())
            .put("cluster.name", "ordersaga-test")
            .put("node.name", "test")
            .put("node.processors", 2)
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", "0")
            .put("transport.port", "0")
            .put("http.type", "netty4")
            .put("transport.type", "netty4")
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
        try (Node node = new TestNode(settings)) {
            node.start();
            HttpServerTransport http = node.injector().getInstance(HttpServerTransport.class);
            System.out.println("READY http://127.0.0.1:" + http.boundAddress().publishAddress().getPort());
            System.out.flush();
            while (System.in.read() >= 0) {
                // Nothing is said; the end is what is waited for.
            }
        }
        System.exit(0);
    }
}
