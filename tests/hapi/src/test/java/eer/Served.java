package eer;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.StrictErrorHandler;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.interceptor.BearerTokenAuthInterceptor;
import ca.uhn.fhir.rest.gclient.ICriterion;
import ca.uhn.fhir.rest.gclient.TokenClientParam;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.hl7.fhir.r4.model.Organization;

/**
 * The register that is served: HAPI's clients of it, and what may be written into it.
 *
 * <p>Its address, a token and a Bundle of units come from the environment, as tests/hapi/run.py
 * gives them.
 */
final class Served {
  static final String NORTH = "hjemmesygeplejen-nord";

  private static final FhirContext R4 = FhirContext.forR4();
  private static final String BASE = System.getenv("EER_BASE_URL");
  private static final List<Organization> UNITS = units();

  private Served() {}

  private static List<Organization> units() {
    R4.setParserErrorHandler(new StrictErrorHandler());
    try {
      var text = Files.readString(Path.of(System.getenv("EER_NEW")));
      var found = R4.newJsonParser().parseResource(Bundle.class, text).getEntry();
      return new ArrayList<>(found.stream().map(e -> (Organization) e.getResource()).toList());
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  static IGenericClient client(EncodingEnum encoding) {
    var client = stranger();
    client.setEncoding(encoding);
    client.registerInterceptor(new BearerTokenAuthInterceptor(System.getenv("EER_TOKEN")));
    return client;
  }

  static IGenericClient stranger() {
    return R4.newRestfulGenericClient(BASE);
  }

  static Organization unit() {
    return UNITS.remove(UNITS.size() - 1);
  }

  static ICriterion<TokenClientParam> same(Organization unit) {
    Identifier found = unit.getIdentifierFirstRep();
    return Organization.IDENTIFIER
        .exactly()
        .systemAndIdentifier(found.getSystem(), found.getValue());
  }

  static Organization created(IGenericClient client) {
    return (Organization) client.create().resource(unit()).execute().getResource();
  }

  static List<String> ids(Bundle bundle) {
    return bundle.getEntry().stream().map(each -> each.getResource().getIdPart()).toList();
  }

  static IssueType told(BaseServerResponseException fault) {
    return ((OperationOutcome) fault.getOperationOutcome()).getIssueFirstRep().getCode();
  }

  static OperationOutcome outcome(MethodOutcome answer) {
    return (OperationOutcome) answer.getOperationOutcome();
  }
}
