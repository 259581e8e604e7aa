import java.io.ByteArrayInputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Says of each file whether the JDK, validating securely, holds its signature for right. */
class Verify {
    private static final String DS = XMLSignature.XMLNS;

    /** Prints a line a file: its path, valid or invalid, and the signer's subject (RFC 2253). */
    public static void main(String[] paths) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String path : paths) {
            Document document = parse(Files.readAllBytes(Path.of(path)));
            X509Certificate signer = signer(document);
            String said = isValid(document, signer) ? "valid" : "invalid";
            out.println(path + "\t" + said + "\t" + signer.getSubjectX500Principal().getName());
        }
    }

    private static boolean isValid(Document document, X509Certificate signer) throws Exception {
        NodeList found = document.getElementsByTagNameNS(DS, "Signature");
        DOMValidateContext context = new DOMValidateContext(signer.getPublicKey(), found.item(0));
        context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.TRUE);
        return XMLSignatureFactory.getInstance("DOM")
                .unmarshalXMLSignature(context)
                .validate(context);
    }

    private static X509Certificate signer(Document document) throws Exception {
        Element element = (Element) document.getElementsByTagNameNS(DS, "X509Certificate").item(0);
        byte[] der = Base64.getMimeDecoder().decode(element.getTextContent());
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(der));
    }

    private static Document parse(byte[] body) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory.newDocumentBuilder().parse(new ByteArrayInputStream(body));
    }
}
