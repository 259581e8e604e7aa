"""FHIR in its two written forms, and what one resource says by itself."""
