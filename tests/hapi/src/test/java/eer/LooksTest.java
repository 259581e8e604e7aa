package eer;

import static eer.Served.NORTH;
import static eer.Served.client;
import static eer.Served.created;
import static eer.Served.ids;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.SearchStyleEnum;
import ca.uhn.fhir.rest.api.SearchTotalModeEnum;
import ca.uhn.fhir.rest.api.SortSpec;
import ca.uhn.fhir.rest.api.SummaryEnum;
import ca.uhn.fhir.rest.gclient.ICriterion;
import ca.uhn.fhir.rest.gclient.StringClientParam;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.hl7.fhir.instance.model.api.IBaseBundle;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.HTTPVerb;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.Device;
import org.hl7.fhir.r4.model.Endpoint;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.StringType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HAPI's client looks into a served register, in JSON and in XML. */
class LooksTest {
  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void readsWhatTheServerCan(EncodingEnum encoding) {
    var statement = client(encoding).capabilities().ofType(CapabilityStatement.class).execute();

    assertEquals("4.0.1", statement.getFhirVersion().toCode());
  }

  private static Stream<ICriterion<?>> criteriaOfNorth() {
    return Stream.of(
        Organization.NAME.matches().value("hjemmesygeplejen nord"),
        Organization.NAME.contains().value("SYGEPLEJEN NORD"),
        Organization.PARTOF.isMissing(false),
        Organization.ACTIVE.exactly().code("true"),
        Organization.ENDPOINT.hasChainedProperty(Endpoint.STATUS.exactly().code("active")),
        new StringClientParam("_has:Endpoint:organization:name").contains().value("nord"));
  }

  @ParameterizedTest
  @EnumSource(SearchStyleEnum.class)
  void searchesInEveryStyle(SearchStyleEnum style) {
    var client = client(EncodingEnum.JSON);

    criteriaOfNorth()
        .forEach(
            criterion -> {
              var found =
                  client
                      .search()
                      .forResource(Organization.class)
                      .where(criterion)
                      .and(Organization.RES_ID.exactly().code(NORTH))
                      .usingStyle(style)
                      .returnBundle(Bundle.class)
                      .execute();
              assertEquals(List.of(NORTH), ids(found), criterion.toString());
            });
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void includesReversesSortsAndTakesAPart(EncodingEnum encoding) {
    var client = client(encoding);
    var found =
        client
            .search()
            .forResource(Endpoint.class)
            .where(Endpoint.RES_ID.exactly().code(NORTH))
            .include(Endpoint.INCLUDE_ORGANIZATION)
            .include(Organization.INCLUDE_PARTOF.asRecursive())
            .revInclude(Organization.INCLUDE_ENDPOINT)
            .returnBundle(Bundle.class)
            .execute();
    assertEquals(1, found.getTotal());
    assertTrue(ids(found).size() > 2);

    var sorted =
        client
            .search()
            .forResource(Endpoint.class)
            .sort(new SortSpec("name").setChain(new SortSpec("_id")))
            .count(3)
            .totalMode(SearchTotalModeEnum.ACCURATE)
            .elementsSubset("name")
            .returnBundle(Bundle.class)
            .execute();
    var names =
        sorted.getEntry().stream().map(each -> ((Endpoint) each.getResource()).getName()).toList();
    assertEquals(names.stream().sorted().toList(), names);
    assertEquals(
        "SUBSETTED", sorted.getEntryFirstRep().getResource().getMeta().getTagFirstRep().getCode());

    var counted =
        client
            .search()
            .forResource(Device.class)
            .summaryMode(SummaryEnum.COUNT)
            .returnBundle(Bundle.class)
            .execute();
    assertTrue(counted.getTotal() > 7);
    assertFalse(counted.hasEntry());
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void callsOperationsByGetAndByPost(EncodingEnum encoding) {
    var client = client(encoding);
    var receivers =
        client
            .operation()
            .onType(Organization.class)
            .named("$getEerReceiverDataBySORId")
            .withParameter(Parameters.class, "sorId", new StringType("5000061000016004"))
            .useHttpGet()
            .returnResourceType(Bundle.class)
            .execute();
    assertEquals(List.of(NORTH, NORTH), ids(receivers));

    var answer =
        client
            .operation()
            .onType(Organization.class)
            .named("$addressability")
            .withParameter(Parameters.class, "gln", new StringType("5790009000013"))
            .andParameter("messageType", new StringType("urn:none"))
            .execute();
    assertFalse(answer.getParameterBool("addressable"));

    var progress =
        client
            .operation()
            .onInstance(new IdType("Endpoint", NORTH))
            .named("$publication")
            .withNoParameters(Parameters.class)
            .useHttpGet()
            .execute();
    assertTrue(progress.hasParameter("version"));
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void pagesToTheEnd(EncodingEnum encoding) {
    var client = client(encoding);
    Bundle page =
        client.search().forResource(Endpoint.class).count(7).returnBundle(Bundle.class).execute();
    var total = page.getTotal();
    var seen = new ArrayList<>(ids(page));
    while (page.getLink(IBaseBundle.LINK_NEXT) != null) {
      page = client.loadPage().next(page).execute();
      seen.addAll(ids(page));
    }

    assertEquals(total, seen.size());
    assertEquals(total, seen.stream().distinct().count());
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "XML"})
  void readsHistoriesAtThreeLevels(EncodingEnum encoding) {
    var client = client(encoding);
    var id = created(client).getIdElement().toUnqualifiedVersionless();
    client.delete().resourceById(id).execute();

    var ofIt = client.history().onInstance(id).returnBundle(Bundle.class).execute();
    var ofType =
        client.history().onType(Organization.class).returnBundle(Bundle.class).count(2).execute();
    var ofAll =
        client
            .history()
            .onServer()
            .returnBundle(Bundle.class)
            .since(new DateTimeType("2026-01-01T00:00:00Z").getValue())
            .count(2)
            .execute();

    assertEquals(
        List.of(HTTPVerb.DELETE, HTTPVerb.POST),
        ofIt.getEntry().stream().map(each -> each.getRequest().getMethod()).toList());
    assertTrue(ofType.getTotal() < ofAll.getTotal());
    assertEquals(2, client.loadPage().next(ofAll).execute().getEntry().size());
  }
}
