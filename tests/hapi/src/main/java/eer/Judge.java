package eer;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.StrictErrorHandler;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.BundleEntryComponent;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.r4.model.StructureDefinition;

/** What does HL7's validator, with the definitions of R4, say of each file of a folder? */
public final class Judge {

  private static final FhirContext R4 = FhirContext.forR4();

  private Judge() {}

  /** Judge the files of the folder {@code args[0]}; a line for each remark goes out, by tabs. */
  public static void main(String[] args) throws IOException {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    var files = files(Path.of(args[0]));
    var validator = validator(files);
    for (var file : files) {
      var text = Files.readString(file);
      parser(file).setParserErrorHandler(new StrictErrorHandler()).parseResource(text);
      for (var remark : validator.validateWithResult(text).getMessages()) {
        out.println(line(file, remark));
      }
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> found = Files.list(folder)) {
      return found.sorted().toList();
    }
  }

  private static IParser parser(Path file) {
    return file.toString().endsWith(".xml") ? R4.newXmlParser() : R4.newJsonParser();
  }

  /** A validator that knows R4 and, of the files, what defines something. */
  private static FhirValidator validator(List<Path> files) throws IOException {
    var ours = new PrePopulatedValidationSupport(R4);
    for (var file : files) {
      resources(parser(file).parseResource(Files.readString(file)))
          .filter(each -> each instanceof StructureDefinition || each instanceof CodeSystem)
          .forEach(ours::addResource);
    }
    var known =
        new ValidationSupportChain(
            new DefaultProfileValidationSupport(R4),
            ours,
            new InMemoryTerminologyServerValidationSupport(R4),
            new CommonCodeSystemsTerminologyService(R4),
            new SnapshotGeneratingValidationSupport(R4));
    var instances = new FhirInstanceValidator(known);
    instances.setErrorForUnknownProfiles(false);
    return R4.newValidator().registerValidatorModule(instances);
  }

  /** The resource itself, or what it holds. */
  private static Stream<IBaseResource> resources(IBaseResource found) {
    return found instanceof Bundle bundle
        ? bundle.getEntry().stream().map(BundleEntryComponent::getResource)
        : Stream.of(found);
  }

  private static String line(Path file, SingleValidationMessage remark) {
    return String.join(
        "\t",
        file.getFileName().toString(),
        String.valueOf(remark.getSeverity()),
        String.valueOf(remark.getMessageId()),
        String.valueOf(remark.getLocationString()),
        String.valueOf(remark.getMessage()).replaceAll("\\s+", " "));
  }
}
