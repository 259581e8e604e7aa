package smp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.helger.http.basicauth.BasicAuthClientCredentials;
import com.helger.peppolid.IDocumentTypeIdentifier;
import com.helger.peppolid.IParticipantIdentifier;
import com.helger.peppolid.bdxr.smp1.doctype.BDXR1DocumentTypeIdentifier;
import com.helger.peppolid.bdxr.smp1.participant.BDXR1ParticipantIdentifier;
import com.helger.peppolid.factory.SimpleIdentifierFactory;
import com.helger.smpclient.bdxr1.BDXRClient;
import com.helger.smpclient.bdxr1.BDXRClientReadOnly;
import com.helger.smpclient.exception.SMPClientException;
import com.helger.smpclient.exception.SMPClientHttpException;
import com.helger.smpclient.url.BDXLURLProvider;
import com.helger.smpclient.url.SMPDNSResolutionException;
import com.helger.xsds.bdxr.smp1.RedirectType;
import com.helger.xsds.bdxr.smp1.ServiceInformationType;
import com.helger.xsds.bdxr.smp1.ServiceMetadataType;
import java.net.URI;
import org.junit.jupiter.api.Test;

/**
 * Helger's BDXR client writes what is published, as phoss SMP's own does: in TLS with passwords,
 * and with a client certificate, where the name that it has to send says nothing.
 */
class HelgerWritesTest {
    private static final SimpleIdentifierFactory IDENTIFIERS = SimpleIdentifierFactory.INSTANCE;
    private static final BasicAuthClientCredentials NOBODY =
            new BasicAuthClientCredentials("nobody", "at all");
    private static final String ELSEWHERE = "https://other.example.dk/";
    private static final String UID = "CN=smp.other.example.dk,O=Other,C=DK";

    @Test
    void whatIsWrittenWithAPasswordIsFoundUntilItIsDeleted() throws Exception {
        write(Managed.client(false), Managed.CREDENTIALS, Managed.participant(0));
    }

    @Test
    void whatIsWrittenWithACertificateIsFoundUntilItIsDeleted() throws Exception {
        write(Managed.client(true), NOBODY, Managed.participant(1));
    }

    @Test
    void whoIsNotKnownWritesNothing() throws Exception {
        BDXRClient client = Managed.client(false);

        assertThrows(
                SMPClientHttpException.class, // of status 401
                () -> client.saveServiceGroup(Managed.participant(2), NOBODY));
    }

    @Test
    void whatTheRegisterHasIsNotWritten() throws Exception {
        Published.Document any = Published.documents().get(0);
        IParticipantIdentifier registered =
                IDENTIFIERS.createParticipantIdentifier(any.participantScheme(), any.participant());
        BDXRClient client = Managed.client(false);

        assertThrows(
                SMPClientException.class,
                () -> client.saveServiceGroup(registered, Managed.CREDENTIALS));
    }

    private static void write(
            BDXRClient client, BasicAuthClientCredentials by, IParticipantIdentifier who)
            throws Exception {
        ServiceInformationType information = anInformation();
        information.getParticipantIdentifier().setValue(who.getValue());
        IDocumentTypeIdentifier what =
                new BDXR1DocumentTypeIdentifier(
                        information.getDocumentIdentifier().getScheme(),
                        information.getDocumentIdentifier().getValue());
        IDocumentTypeIdentifier moved =
                IDENTIFIERS.createDocumentTypeIdentifier(what.getScheme(), "urn:moved::away##x::1");

        client.saveServiceGroup(who, by);
        client.saveServiceInformation(information, by);
        client.saveServiceRedirect(
                new BDXR1ParticipantIdentifier(who),
                new BDXR1DocumentTypeIdentifier(moved),
                redirect(who, moved),
                by);

        assertEquals(information, found(who, what).getServiceInformation());
        RedirectType there = found(who, moved).getRedirect();
        assertEquals(redirect(who, moved).getHref(), there.getHref());
        assertEquals(UID, there.getCertificateUID());
        assertEquals(
                2,
                BDXRClientReadOnly.getAllDocumentTypes(
                                reader(who).getServiceGroup(who), IDENTIFIERS, href -> {})
                        .size());

        client.deleteServiceRegistration(who, moved, by);
        assertNull(reader(who).getServiceMetadataOrNull(who, moved));
        assertNotNull(reader(who).getServiceMetadataOrNull(who, what));

        client.deleteServiceGroup(who, by);
        assertThrows(SMPDNSResolutionException.class, () -> afresh(who));
    }

    /** Returns what some published document says, to be written for somebody else. */
    private static ServiceInformationType anInformation() throws Exception {
        Published.Document any = Published.documents().get(0);
        IParticipantIdentifier who =
                IDENTIFIERS.createParticipantIdentifier(any.participantScheme(), any.participant());
        return found(who, IDENTIFIERS.createDocumentTypeIdentifier(any.scheme(), any.value()))
                .getServiceInformation();
    }

    private static RedirectType redirect(IParticipantIdentifier who, IDocumentTypeIdentifier what) {
        RedirectType made = new RedirectType();
        made.setHref(
                ELSEWHERE + who.getURIPercentEncoded() + "/services/" + what.getURIPercentEncoded());
        made.setCertificateUID(UID);
        return made;
    }

    private static ServiceMetadataType found(
            IParticipantIdentifier who, IDocumentTypeIdentifier what) throws Exception {
        return reader(who).getServiceMetadata(who, what).getServiceMetadata();
    }

    /** Looks up by DNS and verifies; where a redirect leads is not looked at. */
    private static BDXRClientReadOnly reader(IParticipantIdentifier who) throws Exception {
        return new BDXRClientReadOnly(BDXLURLProvider.INSTANCE, who, Published.ZONE)
                .setTrustStore(Published.signers())
                .setFollowSMPRedirects(false);
    }

    /** Looks up without what the provider remembers. */
    private static URI afresh(IParticipantIdentifier who) throws SMPDNSResolutionException {
        BDXLURLProvider provider = new BDXLURLProvider();
        provider.setUseDNSCache(false);
        return provider.getSMPURIOfParticipant(who, Published.ZONE);
    }
}
