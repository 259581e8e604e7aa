import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Puts a file with the JDK's client, which shows a certificate, and says the status. */
class Put {
    private static final char[] PASSWORD = "changeit".toCharArray();

    /** Takes the URL, the file, the authority of the server, and a PKCS 12 of the client. */
    public static void main(String[] given) throws Exception {
        HttpClient client =
                HttpClient.newBuilder().sslContext(context(given[2], given[3])).build();
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(given[0]))
                        .header("Content-Type", "application/xml")
                        .PUT(HttpRequest.BodyPublishers.ofFile(Path.of(given[1])))
                        .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(answer.statusCode());
    }

    private static SSLContext context(String authority, String own) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (var pem = Files.newInputStream(Path.of(authority))) {
            trusted.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyStore shown = KeyStore.getInstance("PKCS12");
        try (var file = Files.newInputStream(Path.of(own))) {
            shown.load(file, PASSWORD);
        }
        KeyManagerFactory keys =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(shown, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
