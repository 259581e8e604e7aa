import java.io.ByteArrayInputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** Says how the JDK prints the subjects of certificates, and which texts it holds for the same. */
class DistinguishedNames {
    /** Takes `print` and DER files, or `compare` and a file with two subjects, a line each, a pair. */
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (arguments[0].equals("print")) {
            for (int place = 1; place < arguments.length; place++) {
                out.println(printed(Files.readAllBytes(Path.of(arguments[place]))));
            }
            return;
        }
        List<String> lines = Files.readAllLines(Path.of(arguments[1]), StandardCharsets.UTF_8);
        for (int place = 0; place < lines.size(); place += 2) {
            out.println(compared(lines.get(place), lines.get(place + 1)));
        }
    }

    private static String printed(byte[] der) throws Exception {
        X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(der));
        return certificate.getSubjectX500Principal().getName();
    }

    private static String compared(String one, String other) {
        try {
            return parts(one).equals(parts(other)) ? "same" : "other";
        } catch (InvalidNameException | IllegalArgumentException fault) {
            return "none";
        }
    }

    private static Set<Rdn> parts(String subject) throws InvalidNameException {
        return new HashSet<>(new LdapName(subject).getRdns());
    }
}
