"""Which canonical URLs name the profiles, extensions and code systems of EHMI?

MedCom's EER 3.0.0 and terminology 1.2.0; our own stand under one root that never changes with
the installation.
"""

OUR_ROOT = "https://ehmi-register.example/fhir"

_EER = "http://medcomehmi.dk/ig/eer/StructureDefinition"
_CODES = "http://medcomehmi.dk/ig/terminology/CodeSystem"

MESSAGING_ORGANIZATION = f"{_EER}/Eer.Messaging.Organization"
SOR_ORGANIZATION = f"{_EER}/Eer.SOR.Organization"
AP_OWNER = f"{_EER}/eer-ap-organization-owner"
MESSAGING_ENDPOINT = f"{_EER}/eer.dk.endpoint.messaging"
SOR_ENDPOINT = f"{_EER}/eer.dk.sor.endpoint"
DEVICE = f"{_EER}/EerDevice"
AP_DETAILS = f"{_EER}/eer-ap-technical-details"

EUA_SYSTEM = f"{_EER}/eer-dk-eua-system-extension"
MSH_SYSTEM = f"{_EER}/eer-dk-msh-system-extension"
AP_SYSTEM = f"{_EER}/eer-dk-ap-system-extension"
INSTITUTION_OWNER = f"{_EER}/contactdetail-organization-reference-extension"
SMP_PUBLIC_KEY = f"{_EER}/smp-public-key"
SMP_PUBLIC_CERTIFICATE = f"{_EER}/smp-public-certificate"
SMP_CERTIFICATE_ID = f"{_EER}/smp-certificate-id"
SMP_CERTIFICATE_SUBJECT = f"{_EER}/smp-certificate-subject"
SMP_MTLS_KEY = f"{_EER}/smp-mtls-key"
SMP_PARTICIPANT_ID = f"{_EER}/smp-participant-id"
SMP_RECEIVER_SERVICE_ID = f"{_EER}/smp-receiver-service-id"
SMP_ORGANIZATION_ID = f"{_EER}/smp-organization-id"

_MCSD = "https://profiles.ihe.net/ITI/mCSD/StructureDefinition/IHE.mCSD"
MCSD_ORGANIZATION, MCSD_ENDPOINT = f"{_MCSD}.Organization", f"{_MCSD}.Endpoint"
_PARAMETERS = "http://medcomehmi.dk/ig/eer/SearchParameter"

TRANSPORT_PROFILE = f"{OUR_ROOT}/StructureDefinition/transport-profile"
CERTIFIED_FOR = f"{OUR_ROOT}/StructureDefinition/certified-for"
SMP_REDIRECT = f"{OUR_ROOT}/StructureDefinition/smp-redirect"
EU_CONFORMANCE = f"{OUR_ROOT}/StructureDefinition/eu-conformance"

ADDRESSABILITY = f"{OUR_ROOT}/CodeSystem/addressability"
ELIGIBILITY = f"{OUR_ROOT}/CodeSystem/eligibility"
DEVICE_TYPES = f"{_CODES}/eer-device-type"
CONNECTION_TYPES = f"{_CODES}/eer-endpoint-connection-type"
HIERARCHY = f"{_CODES}/eer-sor-organization-type"
UNIT_TYPES = f"{_CODES}/eer-sor-unit-type"
PAYLOADS = f"{_CODES}/ehmi-message-definition-uri"
MESSAGE_TYPES = f"{_CODES}/eer-medcom-message-definition-type"
CONTACT_TYPES = "http://terminology.hl7.org/CodeSystem/contactentity-type"
MESSAGE_DEFINITION = "http://medcomfhir.dk/ig/messagedefinitions/StructureDefinition"


def search_parameter(name: str) -> str:
    """Return the canonical of one of EER's own search parameters."""
    return f"{_PARAMETERS}/SearchParameter-{name}"


def operation(name: str) -> str:
    """Return the canonical of one of our own operations."""
    return f"{OUR_ROOT}/OperationDefinition/{name}"
