package eer;

import static eer.Served.NORTH;
import static eer.Served.client;
import static eer.Served.outcome;
import static eer.Served.stranger;
import static eer.Served.told;
import static eer.Served.unit;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.server.exceptions.AuthenticationException;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import ca.uhn.fhir.rest.server.exceptions.ResourceVersionConflictException;
import ca.uhn.fhir.rest.server.exceptions.UnprocessableEntityException;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Device;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Meta;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.OperationOutcome.IssueSeverity;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Parameters;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What HAPI's client is told of what it cannot do, in JSON and in XML. */
class RefusalsTest {
  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void validates(EncodingEnum encoding) {
    var client = client(encoding);
    var right = unit();
    var wrong = unit().setName(null);

    assertFalse(hasErrors(outcome(client.validate().resource(right).execute())));
    assertTrue(hasErrors(outcome(client.validate().resource(wrong).execute())));
    var parameters = new Parameters();
    parameters.addParameter().setName("resource").setResource(right);
    parameters.addParameter().setName("mode").setValue(new CodeType("create"));
    var told =
        client
            .operation()
            .onType(Organization.class)
            .named("$validate")
            .withParameters(parameters)
            .returnResourceType(OperationOutcome.class)
            .execute();
    assertFalse(hasErrors(told));
  }

  private static boolean hasErrors(OperationOutcome outcome) {
    return outcome.getIssue().stream().anyMatch(each -> each.getSeverity() == IssueSeverity.ERROR);
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void hearsWhatItIsRefusedFor(EncodingEnum encoding) {
    var client = client(encoding);
    var unnamed = unit();
    unnamed.setIdentifier(null);

    var broken =
        assertThrows(
            UnprocessableEntityException.class, () -> client.create().resource(unnamed).execute());
    assertTrue(
        ((OperationOutcome) broken.getOperationOutcome())
            .getIssue().stream()
                .anyMatch(
                    each -> each.getExpression().toString().contains("Organization.identifier")));
    var held =
        assertThrows(
            ResourceVersionConflictException.class,
            () -> client.delete().resourceById("Organization", NORTH).execute());
    assertEquals(IssueType.CONFLICT, told(held));
    var odd =
        assertThrows(
            InvalidRequestException.class,
            () -> client.search().byUrl("Organization?_lastUpdated=yesterday").execute());
    assertEquals(IssueType.VALUE, told(odd));
    var absent =
        assertThrows(
            ResourceNotFoundException.class,
            () -> client.read().resource(Device.class).withId("none").execute());
    assertEquals(IssueType.NOTFOUND, told(absent));
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void hearsThatNobodyKnowsIt(EncodingEnum encoding) {
    var client = stranger();
    client.setEncoding(encoding);

    var unknown =
        assertThrows(
            AuthenticationException.class,
            () -> client.read().resource(Organization.class).withId(NORTH).execute());

    assertEquals(IssueType.LOGIN, told(unknown));
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void isToldThatThereIsNoMetaOperation(EncodingEnum encoding) {
    var client = client(encoding);
    var id = new IdType("Organization", NORTH);

    var unknown =
        assertThrows(
            ResourceNotFoundException.class,
            () -> client.meta().get(Meta.class).fromResource(id).execute());

    assertEquals(IssueType.NOTSUPPORTED, told(unknown));
  }
}
