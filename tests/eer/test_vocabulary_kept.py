"""Which codes are known follows from what the register holds, and from nothing it gave up."""

import builders_fhir as build
import builders_plain as plain
import builders_web as web
import searches
from builders_fhir import Clock
from builders_web import Api
from eer.store.session import Store


def entry(method: str, url: str, **more: build.Json) -> build.Json:
    return {"request": {"method": method, "url": url}, **more}


def test_a_value_set_that_was_rolled_back_is_not_known(
    fhir: Api, store: Store, clock: Clock
) -> None:
    another_worker = web.api(build.register_over(store, clock))
    asked = f"Device?type:in={searches.quoted(plain.WARM)}"
    value_set = plain.value_set("red")
    entries = [
        entry("PUT", "ValueSet/warm", resource=value_set),
        entry("GET", asked),
        entry("GET", "Device/nowhere"),
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}

    refused = fhir.send("POST", "", bundle)
    another_worker.put(plain.code_system())  # by the sequence that the value set gave up

    assert refused.status_code == 404
    assert fhir.get(asked).status_code == 400
