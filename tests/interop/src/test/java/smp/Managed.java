package smp;

import com.helger.http.basicauth.BasicAuthClientCredentials;
import com.helger.peppolid.IParticipantIdentifier;
import com.helger.peppolid.factory.SimpleIdentifierFactory;
import com.helger.smpclient.bdxr1.BDXRClient;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Where tools write, in TLS, and how they are known there. */
final class Managed {
    static final BasicAuthClientCredentials CREDENTIALS =
            new BasicAuthClientCredentials("tool", Published.environment("EHMI_PASSWORD"));

    private static final char[] BAG_PASSWORD = "changeit".toCharArray();
    private static final int PATIENCE_SECONDS = 90;

    private Managed() {}

    /** One whom the register does not have. */
    static IParticipantIdentifier participant(int number) {
        String value = Published.environment("EHMI_LEGACY").split(",")[number];
        return SimpleIdentifierFactory.INSTANCE.createParticipantIdentifier(
                "iso6523-actorid-upis", value);
    }

    static BDXRClient client(boolean showsCertificate) throws Exception {
        BDXRClient client = new BDXRClient(URI.create(Published.environment("EHMI_MANAGE")));
        SSLContext context = SSLContext.getInstance("TLS");
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(Published.store(Published.environment("EHMI_MANAGE_AUTHORITY")));
        context.init(showsCertificate ? keys() : null, trust.getTrustManagers(), null);
        client.httpClientSettings().setSSLContext(context);
        client.httpClientSettings()
                .setResponseTimeout(org.apache.hc.core5.util.Timeout.ofSeconds(PATIENCE_SECONDS));
        return client;
    }

    private static KeyManager[] keys() throws Exception {
        KeyStore bag = KeyStore.getInstance("PKCS12");
        try (var file = Files.newInputStream(Path.of(Published.environment("EHMI_BAG")))) {
            bag.load(file, BAG_PASSWORD);
        }
        KeyManagerFactory keys =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(bag, BAG_PASSWORD);
        return keys.getKeyManagers();
    }
}
