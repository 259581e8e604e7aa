package smp;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;

/** What the publisher has published, and whom a client is told to ask and to trust. */
final class Published {
    static final String ZONE = environment("EHMI_ZONE");
    static final String PROCESS_SCHEME = environment("EHMI_PROCESS_SCHEME");
    static final String PROCESS = environment("EHMI_PROCESS");
    static final String BUSDOX = "busdox-docid-qns";
    static final List<String> PROFILES = List.of(environment("EHMI_PROFILES").split(","));

    static {
        System.setProperty("dns.server", environment("EHMI_DNS"));
    }

    /** One published document, where it leads, and the SHA-256 of the certificate there. */
    record Document(
            String participantScheme,
            String participant,
            String scheme,
            String value,
            String uri,
            String certificate) {}

    private Published() {}

    static List<Document> documents() {
        try {
            return Files.readAllLines(Path.of(environment("EHMI_PUBLISHED"))).stream()
                    .map(line -> line.split("\t"))
                    .map(cell -> new Document(cell[0], cell[1], cell[2], cell[3], cell[4], cell[5]))
                    .toList();
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
    }

    static KeyStore signers() throws IOException, GeneralSecurityException {
        return store(environment("EHMI_SIGNERS"));
    }

    static KeyStore accessPoints() throws IOException, GeneralSecurityException {
        return store(environment("EHMI_ACCESS_POINTS"));
    }

    /** Anchors that did not issue the signer: those of access points issue no signers. */
    static KeyStore strangers() throws IOException, GeneralSecurityException {
        return accessPoints();
    }

    static String fingerprint(X509Certificate certificate) throws GeneralSecurityException {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
        return HexFormat.of().formatHex(digest);
    }

    static KeyStore store(String file) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream pem = Files.newInputStream(Path.of(file))) {
            int number = 0;
            for (Certificate each :
                    CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                store.setCertificateEntry("anchor-" + number++, each);
            }
        }
        return store;
    }

    static String environment(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new IllegalStateException(name + " is not set: run make interop");
        }
        return value;
    }
}
