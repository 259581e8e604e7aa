// The npm package fhir as a second opinion on JSON and XML: a line of JSON in, a line out for each.
// {"json": text} is answered {"xml": text}, {"xml": text} is answered {"json": text}; what it
// cannot do is answered {"fault": text}.

import { createInterface } from "node:readline";

import fhir from "fhir";

const converter = new fhir.Fhir();

const answered = (line) => {
  const { json, xml } = JSON.parse(line);
  try {
    return json === undefined ? { json: converter.xmlToJson(xml) } : { xml: converter.jsonToXml(json) };
  } catch (fault) {
    return { fault: String(fault.message) };
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answered(line))}\n`);
}
