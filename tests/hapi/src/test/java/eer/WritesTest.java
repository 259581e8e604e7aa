package eer;

import static eer.Served.NORTH;
import static eer.Served.client;
import static eer.Served.created;
import static eer.Served.outcome;
import static eer.Served.same;
import static eer.Served.told;
import static eer.Served.unit;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.PreferReturnEnum;
import ca.uhn.fhir.rest.server.exceptions.PreconditionFailedException;
import ca.uhn.fhir.rest.server.exceptions.ResourceGoneException;
import java.util.List;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.BundleEntryComponent;
import org.hl7.fhir.r4.model.Bundle.BundleType;
import org.hl7.fhir.r4.model.Bundle.HTTPVerb;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.OperationOutcome.IssueSeverity;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HAPI's client writes into a served register, in JSON and in XML. */
class WritesTest {
  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void createsReadsUpdatesAndDeletes(EncodingEnum encoding) {
    var client = client(encoding);
    var made = client.create().resource(unit()).execute();
    var id = made.getId().toUnqualifiedVersionless();
    assertTrue(made.getCreated());
    assertEquals("1", made.getId().getVersionIdPart());

    var unit = client.read().resource(Organization.class).withId(id.getIdPart()).execute();
    var name = unit.getName();
    unit.setName("Lægehuset Åboulevarden");
    var changed = client.update().resource(unit).execute();
    assertEquals("2", changed.getId().getVersionIdPart());
    assertEquals(
        name,
        client.read().resource(Organization.class).withUrl(id + "/_history/1").execute().getName());
    assertEquals(
        "Lægehuset Åboulevarden",
        client.read().resource(Organization.class).withUrl(id.getValue()).execute().getName());

    var told = outcome(client.delete().resourceById(id).execute());
    assertEquals(IssueSeverity.INFORMATION, told.getIssueFirstRep().getSeverity());
    var gone =
        assertThrows(
            ResourceGoneException.class,
            () -> client.read().resource(Organization.class).withUrl(id.getValue()).execute());
    assertEquals(IssueType.DELETED, told(gone));
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void keepsWhatHasNotChangedAndAnothersChange(EncodingEnum encoding) {
    var client = client(encoding);
    var unit = created(client);

    var known =
        client
            .read()
            .resource(Organization.class)
            .withId(unit.getIdPart())
            .ifVersionMatches("1")
            .returnNull()
            .execute();
    assertNull(known);

    // It sends If-Match by itself where a resource says its version.
    client.update().resource(unit.setName("Ny")).execute();
    var clash =
        assertThrows(
            PreconditionFailedException.class,
            () -> client.update().resource(unit.setName("Nyere")).execute());
    assertEquals(IssueType.CONFLICT, told(clash));
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void createsOnceByASearchAndUpdatesAndDeletesByOne(EncodingEnum encoding) {
    var client = client(encoding);
    var unit = unit();
    var first = client.create().resource(unit).conditional().where(same(unit)).execute();
    var second = client.create().resource(unit).conditional().where(same(unit)).execute();
    assertTrue(first.getCreated());
    assertEquals(first.getId().getIdPart(), second.getId().getIdPart());
    assertFalse(Boolean.TRUE.equals(second.getCreated()));

    unit.setId((String) null);
    var updated =
        client.update().resource(unit.setName("Ny")).conditional().where(same(unit)).execute();
    assertEquals("2", updated.getId().getVersionIdPart());

    client.delete().resourceConditionalByType(Organization.class).where(same(unit)).execute();
    var left =
        client
            .search()
            .forResource(Organization.class)
            .where(same(unit))
            .returnBundle(Bundle.class)
            .execute();
    assertEquals(0, left.getTotal());

    var many =
        assertThrows(
            PreconditionFailedException.class,
            () ->
                client
                    .delete()
                    .resourceConditionalByType("Organization")
                    .where(Organization.ACTIVE.exactly().code("true"))
                    .execute());
    assertEquals(IssueType.MULTIPLEMATCHES, told(many));
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void patchesByJsonPatchAndByFhirpathPatch(EncodingEnum encoding) {
    var client = client(encoding);
    var unit = created(client);
    var operations = "[{\"op\": \"replace\", \"path\": \"/name\", \"value\": \"Ny\"}]";
    var patched =
        client
            .patch()
            .withBody(operations)
            .withId(unit.getIdElement().toUnqualifiedVersionless())
            .execute();
    assertEquals("Ny", ((Organization) patched.getResource()).getName());

    var operation = new ParametersParameterComponent().setName("operation");
    operation.addPart().setName("type").setValue(new CodeType("replace"));
    operation.addPart().setName("path").setValue(new StringType("Organization.name"));
    operation.addPart().setName("value").setValue(new StringType("Nyere"));
    var parameters = new Parameters().addParameter(operation);
    var again =
        client
            .patch()
            .withFhirPatch(parameters)
            .conditional(Organization.class)
            .where(same(unit))
            .execute();
    assertEquals("Nyere", ((Organization) again.getResource()).getName());
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void hearsAsMuchAsItPrefers(EncodingEnum encoding) {
    var client = client(encoding);

    var minimal = client.create().resource(unit()).prefer(PreferReturnEnum.MINIMAL).execute();
    var told =
        client.create().resource(unit()).prefer(PreferReturnEnum.OPERATION_OUTCOME).execute();

    assertNull(minimal.getResource());
    assertTrue(minimal.getId().hasIdPart());
    assertTrue(outcome(told).hasIssue());
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void writesATransactionAndABatch(EncodingEnum encoding) {
    var client = client(encoding);
    var transaction = new Bundle().setType(BundleType.TRANSACTION);
    var unit = unit();
    unit.getPartOf().setReference("urn:uuid:0f1a33aa-7e8b-4a19-9f6c-5f5bb8f6a3aa");
    transaction.addEntry(posted(unit, "urn:uuid:6c1b2c7e-5c10-4a0c-8a35-94b0fdf7f0bb"));
    transaction.addEntry(posted(unit(), "urn:uuid:0f1a33aa-7e8b-4a19-9f6c-5f5bb8f6a3aa"));

    var written = client.transaction().withBundle(transaction).execute();

    var places =
        written.getEntry().stream()
            .map(each -> new IdType(each.getResponse().getLocation()))
            .toList();
    var child =
        client.read().resource(Organization.class).withId(places.get(0).getIdPart()).execute();
    assertEquals("Organization/" + places.get(1).getIdPart(), child.getPartOf().getReference());

    var batch = new Bundle().setType(BundleType.BATCH);
    batch.addEntry().getRequest().setMethod(HTTPVerb.GET).setUrl("Organization/" + NORTH);
    batch.addEntry().getRequest().setMethod(HTTPVerb.GET).setUrl("Organization/none");
    var answered = client.transaction().withBundle(batch).execute();
    assertEquals(
        List.of("200 OK", "404 Not Found"),
        answered.getEntry().stream().map(each -> each.getResponse().getStatus()).toList());
  }

  private static BundleEntryComponent posted(Resource resource, String url) {
    var entry = new BundleEntryComponent().setResource(resource).setFullUrl(url);
    entry.getRequest().setMethod(HTTPVerb.POST).setUrl(resource.fhirType());
    return entry;
  }
}
