// fhir-kit-client against a served register. Its address, a token and what may be written into it
// come from the environment, as tests/flows/test_fhir_kit_client.py gives them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Client } from "fhir-kit-client";

const { EER_BASE_URL: baseUrl, EER_TOKEN: bearerToken, EER_NEW: file } = process.env;
const { units, pairs, searches, north } = JSON.parse(readFileSync(file, "utf8"));
const client = new Client({ baseUrl, bearerToken });
const NORTH = "hjemmesygeplejen-nord";

const refused = (status, code) => (fault) => {
  const { status: found, data } = fault.response;
  assert.equal(found, status, JSON.stringify(data));
  assert.equal(data.resourceType, "OperationOutcome");
  assert.equal(data.issue[0].code, code);
  return true;
};

const located = (location) => location.split("/").slice(-4, -2);

const create = (body, options) => client.create({ resourceType: "Organization", body, options });

const search = (resourceType, searchParams, options) =>
  client.search({ resourceType, searchParams, options });

const ids = (bundle) => (bundle.entry ?? []).map((each) => each.resource.id);

const statusOf = (answer) => Client.httpFor(answer).response.status;

test("reads what the server can", async () => {
  const statement = await client.capabilityStatement();

  assert.equal(statement.fhirVersion, "4.0.1");
});

test("finds no login to go through, for there is none to be found", async () => {
  assert.deepEqual(await client.smartAuthMetadata(), {});
});

test("creates, reads, updates and deletes", async () => {
  const resourceType = "Organization";
  const made = await create(units.pop());
  const { id } = made;
  assert.equal(statusOf(made), 201);
  assert.match(Client.httpFor(made).response.headers.get("location"), new RegExp(`${id}/_history/1$`));

  const changed = await client.update({ resourceType, id, body: { ...made, name: "Ny" } });
  assert.equal(changed.meta.versionId, "2");
  assert.equal((await client.read({ resourceType, id })).name, "Ny");
  assert.equal((await client.vread({ resourceType, id, version: "1" })).name, made.name);

  const told = await client.delete({ resourceType, id });
  assert.equal(told.resourceType, "OperationOutcome");
  await assert.rejects(client.read({ resourceType, id }), refused(410, "deleted"));
  await assert.rejects(client.read({ resourceType, id: "none" }), refused(404, "not-found"));
});

test("keeps another's change by If-Match", async () => {
  const made = await create(units.pop());
  const write = (version) =>
    client.update({
      resourceType: "Organization",
      id: made.id,
      body: { ...made, name: `After ${version}` },
      options: { headers: { "If-Match": `W/"${version}"` } },
    });

  assert.equal((await write(1)).meta.versionId, "2");
  await assert.rejects(write(1), refused(412, "conflict"));
});

test("is told that it has a version already as a failure, for 304 is none of its successes", async () => {
  const made = await create(units.pop());
  const options = { headers: { "If-None-Match": 'W/"1"' } };

  await assert.rejects(
    client.read({ resourceType: "Organization", id: made.id, options }),
    (fault) => fault.response.status === 304,
  );
});

test("creates once by If-None-Exist", async () => {
  const unit = units.pop();
  const { system, value } = unit.identifier[0];
  const options = { headers: { "If-None-Exist": `identifier=${system}|${value}` } };

  const made = await create(unit, options);
  const again = await create(unit, options);

  assert.deepEqual([statusOf(made), statusOf(again)], [201, 200]);
  assert.equal(again.id, made.id);
});

test("updates by a search", async () => {
  const body = units.pop();
  const { system, value } = body.identifier[0];
  const searchParams = { identifier: `${system}|${value}` };
  const update = (changes) =>
    client.update({ resourceType: "Organization", searchParams, body: { ...body, ...changes } });

  const made = await update({});
  const changed = await update({ name: "Ny" });

  assert.deepEqual([statusOf(made), statusOf(changed)], [201, 200]);
  assert.deepEqual([changed.id, changed.meta.versionId], [made.id, "2"]);
});

test("patches and deletes by a search where the request is written out", async () => {
  const made = await create(units.pop());
  const { system, value } = made.identifier[0];
  const url = `Organization?identifier=${encodeURIComponent(`${system}|${value}`)}`;
  const options = { headers: { "Content-Type": "application/json-patch+json" } };

  const body = [{ op: "replace", path: "/name", value: "Ny" }];
  const patched = await client.request(url, { method: "PATCH", body, options });
  assert.equal(patched.name, "Ny");

  await client.request(url, { method: "DELETE" });
  await assert.rejects(
    client.read({ resourceType: "Organization", id: made.id }),
    refused(410, "deleted"),
  );
});

test("patches by JSON Patch, and by FHIRPath Patch where the request is written out", async () => {
  const made = await create(units.pop());
  const jsonPatch = [
    { op: "test", path: "/active", value: true },
    { op: "add", path: "/alias", value: ["Lægehuset"] },
  ];

  const patched = await client.patch({ resourceType: "Organization", id: made.id, jsonPatch });
  assert.deepEqual(patched.alias, ["Lægehuset"]);

  const part = [
    { name: "type", valueCode: "replace" },
    { name: "path", valueString: "Organization.name" },
    { name: "value", valueString: "Ny" },
  ];
  const body = { resourceType: "Parameters", parameter: [{ name: "operation", part }] };
  const options = { headers: { "Content-Type": "application/fhir+json" } };
  const again = await client.request(`Organization/${made.id}`, { method: "PATCH", body, options });
  assert.equal(again.name, "Ny");

  const failing = [{ op: "test", path: "/active", value: false }];
  await assert.rejects(
    client.patch({ resourceType: "Organization", id: made.id, jsonPatch: failing }),
    refused(422, "processing"),
  );
});

for (const [type, params, wanted] of searches) {
  test(`searches ${type} by ${JSON.stringify(params)}, by GET and by POST`, async () => {
    const byGet = await search(type, params);
    const byPost = await search(type, params, { postSearch: true });

    assert.deepEqual(ids(byGet), wanted);
    assert.deepEqual(ids(byPost), wanted);
  });
}

test("searches all types", async () => {
  const searchParams = { _type: "Organization,Endpoint", _id: NORTH };

  const byGet = await client.systemSearch({ searchParams });
  const byPost = await client.systemSearch({ searchParams, options: { postSearch: true } });

  assert.deepEqual(ids(byGet), [NORTH, NORTH]);
  assert.deepEqual(ids(byPost), [NORTH, NORTH]);
});

test("finds no compartments", async () => {
  const compartment = { resourceType: "Device", id: "nordlys-ap" };

  await assert.rejects(
    client.search({ resourceType: "Endpoint", compartment }),
    refused(404, "not-found"),
  );
});

test("pages to the end, by GET and by POST", async () => {
  const params = { _count: 7, _sort: "-name" };
  for (const options of [undefined, { postSearch: true }]) {
    const found = [];
    let bundle = await search("Endpoint", params, options);
    const { total } = bundle;
    while (bundle) {
      found.push(...ids(bundle));
      bundle = await client.nextPage({ bundle });
    }

    assert.equal(new Set(found).size, found.length);
    assert.equal(found.length, total);
  }
});

test("counts, and takes a part", async () => {
  const counted = await search("Device", { _summary: "count" });
  assert.ok(counted.total > 7);
  assert.equal(counted.entry, undefined);

  const part = await search("Device", { _id: "nordlys-ap", _elements: "manufacturer" });
  assert.equal(part.entry[0].resource.meta.tag[0].code, "SUBSETTED");
  assert.equal(part.entry[0].resource.deviceName, undefined);
});

test("resolves references, in a bundle and at the server", async () => {
  const context = await search("Endpoint", { _id: NORTH, _include: "Endpoint:organization" });
  const { reference } = context.entry[0].resource.managingOrganization;

  assert.equal((await client.resolve({ reference })).id, NORTH);
  assert.equal((await client.resolve({ reference: `${baseUrl}/${reference}` })).id, NORTH);
  assert.equal((await client.resolve({ reference: context.entry[1].fullUrl, context })).id, NORTH);
});

test("reads histories at three levels", async () => {
  const resourceType = "Organization";
  const { id } = await create(units.pop());
  await client.delete({ resourceType, id });

  const methods = (bundle) => bundle.entry.map((each) => each.request.method);
  assert.deepEqual(methods(await client.history({ resourceType, id })), ["DELETE", "POST"]);
  assert.equal((await client.history({ resourceType })).type, "history");

  let bundle = await client.history();
  const { total } = bundle;
  let seen = 0;
  while (bundle) {
    seen += bundle.entry.length;
    bundle = await client.nextPage({ bundle });
  }
  assert.equal(seen, total);
});

test("writes a transaction whose resources point at each other, or nothing", async () => {
  const body = pairs.pop();
  const [unit, endpoint] = (await client.transaction({ body })).entry.map((each) =>
    located(each.response.location),
  );

  const read = await client.read({ resourceType: unit[0], id: unit[1] });
  assert.equal(read.endpoint[0].reference, endpoint.join("/"));

  const broken = pairs.pop();
  delete broken.entry[1].resource.status;
  await assert.rejects(client.transaction({ body: broken }), refused(400, "required"));
  const { system, value } = broken.entry[0].resource.identifier[0];
  assert.equal((await search("Organization", { identifier: `${system}|${value}` })).total, 0);
});

test("writes a batch whose entries fail by themselves", async () => {
  const request = (method, url) => ({ request: { method, url } });
  const entry = [
    { ...request("POST", "Organization"), resource: units.pop() },
    request("GET", "Organization/none"),
    request("GET", `Endpoint?_id=${NORTH}`),
  ];

  const answered = await client.batch({ body: { resourceType: "Bundle", type: "batch", entry } });

  const statuses = answered.entry.map((each) => each.response.status);
  assert.deepEqual(statuses, ["201 Created", "404 Not Found", "200 OK"]);
  assert.equal(answered.entry[2].resource.total, 1);
});

test("validates a resource, Parameters and what is registered", async () => {
  const resource = units.pop();
  const parameter = [
    { name: "resource", resource: { ...resource, name: undefined } },
    { name: "mode", valueCode: "create" },
  ];
  const of = (more) => client.operation({ name: "validate", resourceType: "Organization", ...more });
  const severities = (outcome) => outcome.issue.map((each) => each.severity);

  assert.deepEqual(severities(await of({ input: resource })), ["information"]);
  const wrong = await of({ input: { resourceType: "Parameters", parameter } });
  assert.ok(severities(wrong).includes("error"));
  const stored = await of({ id: NORTH, method: "GET", input: { mode: "update" } });
  assert.ok(!severities(stored).includes("error"));
  await assert.rejects(
    client.operation({ name: "$none", resourceType: "Organization", input: resource }),
    refused(404, "not-supported"),
  );
});

test("calls operations, by GET and by POST", async () => {
  const resourceType = "Organization";
  const { sorId, ...question } = north;
  const parameter = Object.entries(question).map(([name, valueString]) => ({ name, valueString }));
  const input = { resourceType: "Parameters", parameter };
  const receivers = { name: "getEerReceiverDataBySORId", resourceType, method: "GET" };

  const found = await client.operation({ ...receivers, input: { sorId } });
  const byGet = await client.operation({
    name: "addressability",
    resourceType,
    method: "GET",
    input: question,
  });
  const byPost = await client.operation({ name: "addressability", resourceType, input });
  const progress = await client.operation({
    name: "publication",
    resourceType: "Endpoint",
    id: NORTH,
    method: "GET",
  });

  assert.deepEqual(ids(found), [NORTH, NORTH]);
  assert.deepEqual(byGet, byPost);
  assert.equal(byPost.parameter[0].name, "addressable");
  assert.equal(progress.parameter[0].name, "version");
});

test("hears what it is refused for, and that nobody knows it", async () => {
  const stranger = new Client({ baseUrl });

  await assert.rejects(stranger.search({ resourceType: "Endpoint" }), refused(401, "login"));
  await assert.rejects(client.read({ resourceType: "Patient", id: "1" }), refused(404, "not-supported"));
  await assert.rejects(create({ ...units.pop(), name: 7 }), refused(400, "value"));
});
