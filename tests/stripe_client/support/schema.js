// SPDX-License-Identifier: MIT
// Stripe's schema of 2026-10-28.endive and its official example objects, if they are beside the checkout.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { Ajv } from './official.js';

const folder = process.env.PAYSYNC_STRIPE_DATA;
const read = (name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));

export const spec = read('openapi-trimmed-2026-10-28.endive.DERIVED.json');
export const vectors = read('golden-vectors.json');

/** The official example objects by their kind. */
export const fixtures = Object.fromEntries(
    readdirSync(path.join(folder, 'fixtures')).map((name) => [
        path.basename(name, '.json'), read(path.join('fixtures', name))]));

const REF = '#/components/schemas/';

/**
 * OpenAPI's schema as JSON schema. It is stricter than the API guarantees: an unknown member or enumerated value is an
 * error here, since the stand-in must send what Stripe sends today.
 */
function strict(schema) {
    if (schema.$ref) {
        return { $ref: schema.$ref.slice(REF.length) };
    }
    const out = {};
    for (const key of ['type', 'enum', 'required', 'maxLength', 'pattern']) {
        if (key in schema) {
            out[key] = schema[key];
        }
    }
    if (schema['x-knownValues']) {
        out.enum = schema['x-knownValues'];
    }
    for (const key of ['anyOf', 'oneOf']) {
        if (key in schema) {
            out[key] = schema[key].map(strict);
        }
    }
    if (schema.items) {
        out.items = strict(schema.items);
    }
    if (schema.properties) {
        out.properties = Object.fromEntries(
            Object.entries(schema.properties).map(([name, each]) => [name, strict(each)]));
    }
    if (typeof schema.additionalProperties === 'object') {
        out.additionalProperties = strict(schema.additionalProperties);
    } else if (schema.properties && schema.additionalProperties !== true && !schema['x-trimmed']) {
        out.additionalProperties = false;
    }
    return schema.nullable ? { anyOf: [{ type: 'null' }, out] } : out;
}

const ajv = new Ajv({ allErrors: true, strict: false });
for (const [name, schema] of Object.entries(spec.components.schemas)) {
    ajv.addSchema(strict(schema), name);
}

/** The errors as text, without those that only say that another branch does not match either. */
const places = (errors) => errors
    .filter((error, _, all) => !['anyOf', 'oneOf'].includes(error.keyword)
        && (error.message !== 'must be null' || all.length === 1))
    .map((error) => {
        const { additionalProperty, allowedValues } = error.params;
        const more = additionalProperty ?? (allowedValues ? JSON.stringify(allowedValues.slice(0, 12)) : '');
        return `${error.instancePath || '/'} ${error.message} ${more}`.trim();
    });

/** The errors of the object by the schema of that name; empty = valid. */
export function faultsOf(name, object) {
    const check = ajv.getSchema(name);
    return check(object) ? [] : places(check.errors);
}

/** The errors of an operation's answer by its schema. */
export function answerFaults(method, pattern, answer) {
    const { schema } = spec.paths[pattern][method].responses['200'].content['application/json'];
    const check = ajv.compile(strict(schema));
    return check(answer) ? [] : places(check.errors);
}

/**
 * The parameters of an operation as a flat list: {name, schema} for leaves and {name, required, members} for hashes,
 * with names as they are sent, `a[b][0][c]`.
 */
export function parametersOf(method, pattern) {
    const operation = spec.paths[pattern][method];
    const out = [];
    const walk = (name, schema) => {
        const within = (key) => (name ? `${name}[${key}]` : key);
        if (schema.anyOf) {
            schema.anyOf.forEach((each) => walk(name, each));
        } else if (schema.type === 'array') {
            out.push({ name, kind: 'array' });
            walk(`${name}[0]`, schema.items);
        } else if (schema.properties) {
            out.push({ name, kind: 'hash', members: schema.properties, required: schema.required ?? [] });
            Object.entries(schema.properties).forEach(([key, each]) => walk(within(key), each));
        } else if (schema.type === 'object') {
            out.push({ name, kind: 'map' });
        } else {
            out.push({ name, kind: 'leaf', schema });
        }
    };
    const query = operation.parameters.filter((each) => each.in === 'query');
    const form = operation.requestBody?.content?.['application/x-www-form-urlencoded']?.schema;
    walk('', form ?? {
        properties: Object.fromEntries(query.map((each) => [each.name, each.schema])),
        required: query.filter((each) => each.required).map((each) => each.name),
    });
    return out;
}
