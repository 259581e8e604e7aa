package smp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.typesafe.config.ConfigFactory;
import java.security.KeyStore;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import network.oxalis.vefa.peppol.common.code.Service;
import network.oxalis.vefa.peppol.common.model.DocumentTypeIdentifier;
import network.oxalis.vefa.peppol.common.model.Endpoint;
import network.oxalis.vefa.peppol.common.model.ParticipantIdentifier;
import network.oxalis.vefa.peppol.common.model.ProcessIdentifier;
import network.oxalis.vefa.peppol.common.model.Scheme;
import network.oxalis.vefa.peppol.common.model.TransportProfile;
import network.oxalis.vefa.peppol.lookup.LookupClient;
import network.oxalis.vefa.peppol.lookup.LookupClientBuilder;
import network.oxalis.vefa.peppol.lookup.api.LookupException;
import network.oxalis.vefa.peppol.lookup.api.NotFoundException;
import network.oxalis.vefa.peppol.mode.Mode;
import network.oxalis.vefa.peppol.security.lang.PeppolSecurityException;
import org.junit.jupiter.api.Test;

/** Vefa's lookup client, validating signers and access points by trust stores of ours. */
class VefaTest {
    private static final ProcessIdentifier PROCESS =
            ProcessIdentifier.of(Published.PROCESS, Scheme.of(Published.PROCESS_SCHEME));

    @Test
    void everyDocumentOfItsSchemeIsFoundAndLeadsToItsAccessPoint() throws Exception {
        LookupClient client = client(Published.signers());
        for (Published.Document each : ofScheme(true)) {
            for (String profile : Published.PROFILES) {
                Endpoint endpoint =
                        client.getEndpoint(
                                participant(each),
                                document(each),
                                PROCESS,
                                TransportProfile.of(profile));
                assertEquals(each.uri(), endpoint.getAddress().toString());
                assertEquals(
                        each.certificate(), Published.fingerprint(endpoint.getCertificate()));
            }
        }
    }

    @Test
    void noUrlIsBuiltForAnotherScheme() throws Exception {
        LookupClient client = client(Published.signers());
        Published.Document other = ofScheme(false).get(0);

        assertThrows(
                LookupException.class,
                () -> client.getServiceMetadata(participant(other), document(other)));
    }

    @Test
    void everyGroupListsWhatIsPublished() throws Exception {
        LookupClient client = client(Published.signers());
        Map<ParticipantIdentifier, Set<String>> published =
                Published.documents().stream()
                        .collect(
                                Collectors.groupingBy(
                                        VefaTest::participant,
                                        Collectors.mapping(
                                                each -> document(each).toString(),
                                                Collectors.toSet())));

        for (Map.Entry<ParticipantIdentifier, Set<String>> each : published.entrySet()) {
            Set<String> listed =
                    client.getDocumentIdentifiers(each.getKey()).stream()
                            .map(DocumentTypeIdentifier::toString)
                            .collect(Collectors.toSet());
            assertEquals(each.getValue(), listed);
        }
    }

    @Test
    void aSignerThatNobodyTrustsIsRefused() throws Exception {
        LookupClient client = client(Published.strangers());
        Published.Document any = ofScheme(true).get(0);

        assertThrows(
                PeppolSecurityException.class,
                () -> client.getServiceMetadata(participant(any), document(any)));
    }

    @Test
    void whoIsNotPublishedIsNotFound() throws Exception {
        LookupClient client = client(Published.signers());
        Published.Document any = ofScheme(true).get(0);
        DocumentTypeIdentifier nothing =
                DocumentTypeIdentifier.of("urn:nothing::of##it::1.0", Scheme.of(any.scheme()));

        assertThrows(
                NotFoundException.class,
                () -> client.getDocumentIdentifiers(ParticipantIdentifier.of("0088:5790009999997")));
        assertThrows(
                LookupException.class,
                () -> client.getServiceMetadata(participant(any), nothing));
    }

    private static List<Published.Document> ofScheme(boolean busdox) {
        return Published.documents().stream()
                .filter(each -> each.scheme().equals(Published.BUSDOX) == busdox)
                .toList();
    }

    private static LookupClient client(KeyStore signers) throws Exception {
        Map<String, String> zone = Map.of("lookup.locator.hostname", Published.ZONE);
        Mode mode = Mode.of(ConfigFactory.parseMap(zone), "EHMI");
        KeyStore accessPoints = Published.accessPoints();
        return LookupClientBuilder.newInstance(mode)
                .certificateValidator(
                        (service, certificate) ->
                                validate(
                                        service == Service.SMP ? signers : accessPoints,
                                        certificate))
                .build();
    }

    private static void validate(KeyStore trust, X509Certificate certificate)
            throws PeppolSecurityException {
        try {
            PKIXParameters parameters = new PKIXParameters(trust);
            parameters.setRevocationEnabled(false);
            CertPathValidator.getInstance("PKIX")
                    .validate(
                            CertificateFactory.getInstance("X.509")
                                    .generateCertPath(List.of(certificate)),
                            parameters);
        } catch (Exception fault) {
            throw new PeppolSecurityException(fault.getMessage(), fault);
        }
    }

    private static ParticipantIdentifier participant(Published.Document document) {
        return ParticipantIdentifier.of(
                document.participant(), Scheme.of(document.participantScheme()));
    }

    private static DocumentTypeIdentifier document(Published.Document document) {
        return DocumentTypeIdentifier.of(document.value(), Scheme.of(document.scheme()));
    }
}
