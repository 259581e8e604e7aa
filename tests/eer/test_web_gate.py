"""Nobody gets in but with a token of the issuer, for this register, in its time."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

import builders_fhir as build
import builders_web as web
from builders_web import Api
from eer.gate import issuer
from eer.register import changes
from eer.register.counter import Counter
from eer.settings import Settings
from eer.wiring import parts, schema, serve

NOW = int(build.NOW.timestamp())


HEADERS = st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "zip", "enc"])
VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3)


def part(json_of: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(json_of).encode()).rstrip(b"=").decode()


def unsigned(algorithm: str) -> str:
    return f"{part({'alg': algorithm})}.{part(web.claims())}."


def signed_with_the_public_key() -> str:
    """HS256 over the bytes of the public key: the old confusion of algorithms."""
    body = f"{part({'alg': 'HS256'})}.{part(web.claims())}"
    secret = json.dumps(web.key().as_dict(private=False)).encode()
    mark = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def of_another_key(**header: Any) -> str:
    other = ECKey.generate_key("P-256")
    return jwt.encode({"alg": "ES256", **header}, web.claims(), other)


def with_header(**header: Any) -> str:
    """Put another header before claims and signature that are right."""
    _, body, signature = web.token().split(".")
    return f"{part(header)}.{body}.{signature}"


NESTED = base64.urlsafe_b64encode(b"[" * 3000 + b"]" * 3000).decode()
BAD_TOKENS = {
    "of no algorithm": unsigned("none"),
    "of no algorithm, oddly spelt": unsigned("nOnE"),
    "signed with the public key": signed_with_the_public_key(),
    "of another key": of_another_key(),
    "of another key under our name": of_another_key(kid=web.key().kid),
    "of a key it brings along": of_another_key(
        jwk=ECKey.generate_key("P-256").as_dict(private=False)
    ),
    "of RS256": jwt.encode(
        {"alg": "RS256"}, web.claims(), RSAKey.generate_key(2048), algorithms=["RS256"]
    ),
    "for another register": web.token(aud="https://eer.example.dk"),
    "for the base and a slash": web.token(aud=f"{web.BASE}/"),
    "for no register": web.token(aud=None),
    "of another issuer": web.token(iss="https://issuer.example.dk"),
    "of no issuer": web.token(iss=None),
    "that is over": web.token(exp=NOW - 11),
    "without an end": web.token(exp=None),
    "with an end that is no number": web.token(exp="tomorrow"),
    "that is not valid yet": web.token(nbf=NOW + 60),
    "with a CVR that is none": web.token(cvr="12345678"),
    "without claims": jwt.encode({"alg": "ES256"}, {}, web.key()),
    "with claims that are no object": jws.serialize_compact({"alg": "ES256"}, b"[]", web.key()),
    "with claims that are no JSON": jws.serialize_compact({"alg": "ES256"}, b"x", web.key()),
    "with a header nested too deep": f"{NESTED}.e30.e30",
    "with an algorithm that is no text": with_header(alg=["ES256"]),
    "with an algorithm that is null": with_header(alg=None),
    "with extensions that are no list": with_header(alg="ES256", crit=5),
    "with an extension it says is critical": with_header(alg="ES256", crit=["x"], x=1),
    "with a key id that is no text": with_header(alg="ES256", kid=5),
    "without a header": f"{part([])}.{part(web.claims())}.",
    "that is encrypted": ".".join([part({"alg": "dir", "enc": "A128GCM"}), "", "AA", "AA", "AA"]),
    "cut short": web.token()[:-10],
    "of two parts": "a.b",
    "that is none": "x",
    "in other letters": "æøå",
}


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_a_token_is_refused(fhir: Api, name: str) -> None:
    response = fhir.as_(BAD_TOKENS[name]).get("Endpoint")

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert web.outcome(response) == [("error", "login")]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic x", "bearer", "Bearer\tx"])
def test_what_is_no_bearer_token_is_refused(fhir: Api, header: str) -> None:
    response = fhir.as_(None).get("Endpoint", headers={"Authorization": header})

    assert response.status_code == 401


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])))
def test_whatever_stands_for_a_token_is_refused(fhir: Api, text: str) -> None:
    assert fhir.as_(text).get("Endpoint").status_code == 401


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(HEADERS, VALUES))
def test_whatever_stands_in_a_header_is_refused(fhir: Api, header: dict[str, Any]) -> None:
    if header != {"alg": "ES256"}:
        assert fhir.as_(with_header(**header)).get("Endpoint").status_code == 401


@pytest.mark.parametrize(
    "changes_of_claims",
    [
        {"exp": NOW - 9},
        {"nbf": NOW + 9},
        {"aud": ["https://other.example.dk", web.BASE]},
        {"sub": None},
        {"client_id": None},
        {"cvr": build.cvr(1), "org_name": "Et hus"},
    ],
)
def test_a_token_is_accepted(fhir: Api, changes_of_claims: dict[str, Any]) -> None:
    assert fhir.as_(web.token(**changes_of_claims)).get("Endpoint").status_code == 200


def test_a_token_in_the_url_is_none(fhir: Api) -> None:
    assert fhir.as_(None).get(f"Endpoint?access_token={web.token()}").status_code == 401


@pytest.mark.parametrize("roles", [["operator"], "Operator", "operators", None, 5, True])
def test_only_the_role_of_an_operator_makes_one(fhir: Api, roles: Any) -> None:
    response = fhir.as_(web.token(roles=roles)).put(build.device())

    assert response.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "Endpoint", "system/Endpoint.r"),
        ("GET", "Endpoint/x", "system/Endpoint.s"),
        ("GET", "Endpoint/x/_history/1", "system/Endpoint.cuds"),
        ("GET", "Device/x", "system/Endpoint.cruds"),
        ("POST", "Device", "system/Device.ruds"),
        ("PUT", "Device/device-1", "system/Device.crds"),
        ("DELETE", "Device/device-1", "system/Device.crus"),
        ("GET", "Device", ""),
        ("GET", "Device", None),
        ("GET", "Device", ["system/*.cruds"]),
    ],
)
def test_what_no_scope_covers_is_forbidden(fhir: Api, method: str, path: str, scope: Any) -> None:
    response = fhir.as_(web.token(scope=scope)).send(method, path, build.device())

    assert response.status_code == 403
    assert response.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'
    assert web.outcome(response) == [("error", "forbidden")]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "Endpoint"), ("GET", "Endpoint/x"), ("GET", "Endpoint/x/_history/1")),
        *(("POST", "Endpoint"), ("PUT", "Endpoint/x"), ("DELETE", "Endpoint/x")),
    ],
)
def test_everything_wants_a_token(fhir: Api, method: str, path: str) -> None:
    assert fhir.as_(None).ask(method, path).status_code == 401


def test_the_statement_wants_none(fhir: Api) -> None:
    assert fhir.as_(None).get("metadata").status_code == 200


def test_a_company_writes_its_own_and_no_others(fhir: Api, counter: Counter) -> None:
    company = fhir.as_(web.token_of_company(1))
    fhir.put(build.organization(1))
    fhir.put(build.organization(2))

    mine = company.put(build.organization(1, name="Nyt navn"))
    theirs = company.put(build.organization(2, name="Nyt navn"))

    assert (mine.status_code, theirs.status_code) == (200, 403)
    assert web.outcome(theirs) == [("error", "forbidden")]
    assert changes.sequence(counter) == 3


def test_a_company_does_not_bring_back_what_another_deleted(fhir: Api) -> None:
    fhir.put(build.organization(1))
    fhir.put(build.organization(2))
    fhir.put(build.endpoint(2))
    fhir.delete("Endpoint/endpoint-2")
    mine = build.endpoint(1, id="endpoint-2")

    assert fhir.as_(web.token_of_company(1)).put(mine).status_code == 403


def test_without_a_trusted_issuer_nobody_gets_in(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The development issuer is none for a register that is not on loopback."""
    folder = tmp_path_factory.mktemp("public")
    made_settings = Settings(
        database_url=f"sqlite:///{folder / 'register.sqlite'}",
        base_url="https://eer.example.dk/fhir",
        development_issuer_key_file=folder / "issuer.jwk",
    )
    schema.migrate(made_settings)
    issuer.create(made_settings.development_issuer_key_file)
    key = issuer.load(made_settings.development_issuer_key_file)
    at = parts.now()
    token = issuer.token(key, {"scope": "system/*.cruds"}, made_settings.base_url, at)

    response = Api(serve.application(made_settings).test_client(), token).get("Endpoint")

    assert response.status_code == 401


def test_on_loopback_the_development_issuer_is_trusted(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("loopback")
    made_settings = Settings(
        database_url=f"sqlite:///{folder / 'register.sqlite'}",
        base_url=web.BASE,
        development_issuer_key_file=folder / "issuer.jwk",
    )
    schema.migrate(made_settings)
    issuer.create(made_settings.development_issuer_key_file)
    key = issuer.load(made_settings.development_issuer_key_file)
    at = parts.now()
    made = {
        age: issuer.token(key, {"scope": "system/*.rs"}, web.BASE, at - age)
        for age in (timedelta(0), timedelta(hours=13))
    }
    client = serve.application(made_settings).test_client()

    assert Api(client, made[timedelta(0)]).get("Endpoint").status_code == 200
    assert Api(client, made[timedelta(hours=13)]).get("Endpoint").status_code == 401
