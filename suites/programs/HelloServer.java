import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/** hello as a server of the JDK, at the port in PORT. */
public class HelloServer {
    public static void main(String[] arguments) throws Exception {
        byte[] hello = "hello\n".getBytes(StandardCharsets.UTF_8);
        int port = Integer.parseInt(System.getenv("PORT"));
        System.setProperty("sun.net.httpserver.nodelay", "true"); // else responses wait for delayed ACKs
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(200, hello.length);
            try (var body = exchange.getResponseBody()) {
                body.write(hello);
            }
        });
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.start();
    }
}
