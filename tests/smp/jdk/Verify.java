import java.io.ByteArrayInputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.xml.crypto.MarshalException;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureException;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * Says of each file whether the JDK, validating securely, holds it for signed once, as a whole, and
 * by somebody whose chain ends in one of the anchors at the time.
 */
class Verify {
    private static final String DS = XMLSignature.XMLNS;
    private static final int DIGITAL_SIGNATURE = 0;

    private final Set<TrustAnchor> anchors = new HashSet<>();
    private final Date at;

    private Verify(String anchors, String at) throws Exception {
        for (String file : anchors.split(",")) {
            this.anchors.add(new TrustAnchor(certificate(Files.readAllBytes(Path.of(file))), null));
        }
        this.at = Date.from(Instant.parse(at));
    }

    /**
     * Takes PEM files with commas between them, a time, and the files to judge. Prints a line a
     * file: its path, valid or why not, and the subject of who is said to have signed (RFC 2253).
     */
    public static void main(String[] given) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Verify verify = new Verify(given[0], given[1]);
        for (String path : List.of(given).subList(2, given.length)) {
            out.println(path + "\t" + verify.said(Files.readAllBytes(Path.of(path))));
        }
    }

    private String said(byte[] body) throws Exception {
        try {
            Document document = parse(body);
            List<X509Certificate> found = certificates(document);
            if (found.isEmpty()) {
                return "no certificate\t";
            }
            String subject = found.get(0).getSubjectX500Principal().getName();
            return fault(document, found) + "\t" + subject;
        } catch (SAXException
                | MarshalException
                | XMLSignatureException
                | GeneralSecurityException
                | IllegalArgumentException fault) {
            return fault.getClass().getSimpleName() + " " + first(fault.getMessage()) + "\t";
        }
    }

    private String fault(Document document, List<X509Certificate> found) throws Exception {
        NodeList signatures = document.getElementsByTagNameNS(DS, "Signature");
        if (signatures.getLength() != 1) {
            return signatures.getLength() + " signatures";
        }
        X509Certificate signer = found.get(0);
        DOMValidateContext context =
                new DOMValidateContext(signer.getPublicKey(), signatures.item(0));
        context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.TRUE);
        XMLSignature signature =
                XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context);
        if (!signature.validate(context)) {
            return "does not hold";
        }
        if (!isWhole(signature.getSignedInfo().getReferences())) {
            return "not signed as a whole";
        }
        checkTrusted(signer, found);
        return "valid";
    }

    private static boolean isWhole(List<Reference> references) {
        if (references.size() != 1 || !"".equals(references.get(0).getURI())) {
            return false;
        }
        List<Transform> transforms = references.get(0).getTransforms();
        return transforms.size() == 1
                && Transform.ENVELOPED.equals(transforms.get(0).getAlgorithm());
    }

    private void checkTrusted(X509Certificate signer, List<X509Certificate> found)
            throws GeneralSecurityException {
        boolean[] usage = signer.getKeyUsage();
        if (usage == null || !usage[DIGITAL_SIGNATURE]) {
            throw new GeneralSecurityException("may not sign");
        }
        X509CertSelector target = new X509CertSelector();
        target.setCertificate(signer);
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, target);
        parameters.addCertStore(
                CertStore.getInstance("Collection", new CollectionCertStoreParameters(found)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(at);
        CertPathBuilder.getInstance("PKIX").build(parameters);
    }

    private static List<X509Certificate> certificates(Document document) throws Exception {
        List<X509Certificate> found = new ArrayList<>();
        NodeList elements = document.getElementsByTagNameNS(DS, "X509Certificate");
        for (int number = 0; number < elements.getLength(); number++) {
            String text = ((Element) elements.item(number)).getTextContent();
            found.add(certificate(Base64.getMimeDecoder().decode(text)));
        }
        return found;
    }

    private static X509Certificate certificate(byte[] encoded) throws GeneralSecurityException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(encoded));
    }

    private static Document parse(byte[] body) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        DocumentBuilder builder = factory.newDocumentBuilder();
        builder.setErrorHandler(new DefaultHandler()); // the other one prints what it throws
        return builder.parse(new ByteArrayInputStream(body));
    }

    private static String first(String message) {
        return message == null ? "" : message.lines().findFirst().orElse("").replace('\t', ' ');
    }
}
