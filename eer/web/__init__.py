"""The FHIR REST interface over HTTP."""
