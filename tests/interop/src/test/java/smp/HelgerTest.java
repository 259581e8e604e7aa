package smp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.helger.peppol.smp.ESMPTransportProfile;
import com.helger.peppol.smp.ISMPTransportProfile;
import com.helger.peppolid.IDocumentTypeIdentifier;
import com.helger.peppolid.IParticipantIdentifier;
import com.helger.peppolid.IProcessIdentifier;
import com.helger.peppolid.factory.SimpleIdentifierFactory;
import com.helger.smpclient.bdxr1.BDXRClientReadOnly;
import com.helger.smpclient.exception.SMPClientBadResponseException;
import com.helger.smpclient.url.BDXLURLProvider;
import com.helger.smpclient.url.SMPDNSResolutionException;
import com.helger.xsds.bdxr.smp1.EndpointType;
import com.helger.xsds.bdxr.smp1.SignedServiceMetadataType;
import java.security.KeyStore;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Helger's BDXR client with all its checks: schema, every signature, a trust store. */
class HelgerTest {
    private static final SimpleIdentifierFactory IDENTIFIERS = SimpleIdentifierFactory.INSTANCE;
    private static final IProcessIdentifier PROCESS =
            IDENTIFIERS.createProcessIdentifier(Published.PROCESS_SCHEME, Published.PROCESS);

    @Test
    void everyDocumentIsFoundAndLeadsToItsAccessPoint() throws Exception {
        for (Published.Document each : Published.documents()) {
            BDXRClientReadOnly client = client(participant(each), Published.signers());
            SignedServiceMetadataType found =
                    client.getServiceMetadata(participant(each), document(each));
            for (ISMPTransportProfile profile : profiles()) {
                EndpointType endpoint = BDXRClientReadOnly.getEndpoint(found, PROCESS, profile);
                assertNotNull(endpoint, each + " by " + profile.getID());
                assertEquals(each.uri(), BDXRClientReadOnly.getEndpointAddress(endpoint));
                assertEquals(
                        each.certificate(),
                        Published.fingerprint(BDXRClientReadOnly.getEndpointCertificate(endpoint)));
            }
        }
    }

    @Test
    void everyGroupListsWhatIsPublished() throws Exception {
        Set<String> listed =
                Published.documents().stream()
                        .map(HelgerTest::participant)
                        .distinct()
                        .flatMap(each -> listed(each).stream())
                        .collect(Collectors.toSet());

        Set<String> published =
                Published.documents().stream()
                        .map(each -> document(each).getURIEncoded())
                        .collect(Collectors.toSet());
        assertEquals(published, listed);
    }

    @Test
    void aSignerThatNobodyTrustsIsRefused() throws Exception {
        Published.Document any = Published.documents().get(0);
        BDXRClientReadOnly client = client(participant(any), Published.strangers());

        assertThrows(
                SMPClientBadResponseException.class,
                () -> client.getServiceMetadata(participant(any), document(any)));
    }

    @Test
    void whoIsNotPublishedIsNotFound() throws Exception {
        Published.Document any = Published.documents().get(0);
        IParticipantIdentifier nobody =
                IDENTIFIERS.createParticipantIdentifier(
                        any.participantScheme(), "0088:5790009999997");
        IDocumentTypeIdentifier nothing =
                IDENTIFIERS.createDocumentTypeIdentifier(any.scheme(), "urn:nothing::of##it::1.0");

        assertThrows(
                SMPDNSResolutionException.class, () -> client(nobody, Published.signers()));
        assertNull(
                client(participant(any), Published.signers())
                        .getServiceMetadataOrNull(participant(any), nothing));
    }

    private static Set<String> listed(IParticipantIdentifier participant) {
        try {
            return BDXRClientReadOnly.getAllDocumentTypes(
                            client(participant, Published.signers()).getServiceGroup(participant),
                            IDENTIFIERS,
                            href -> {
                                throw new AssertionError(href);
                            })
                    .stream()
                    .map(IDocumentTypeIdentifier::getURIEncoded)
                    .collect(Collectors.toSet());
        } catch (Exception fault) {
            throw new AssertionError(participant.getURIEncoded(), fault);
        }
    }

    private static BDXRClientReadOnly client(IParticipantIdentifier participant, KeyStore trust)
            throws Exception {
        return new BDXRClientReadOnly(BDXLURLProvider.INSTANCE, participant, Published.ZONE)
                .setTrustStore(trust);
    }

    private static IParticipantIdentifier participant(Published.Document document) {
        return IDENTIFIERS.createParticipantIdentifier(
                document.participantScheme(), document.participant());
    }

    private static IDocumentTypeIdentifier document(Published.Document document) {
        return IDENTIFIERS.createDocumentTypeIdentifier(document.scheme(), document.value());
    }

    private static ISMPTransportProfile[] profiles() {
        return Published.PROFILES.stream()
                .map(ESMPTransportProfile::getFromIDOrNull)
                .toArray(ISMPTransportProfile[]::new);
    }
}
