// SPDX-License-Identifier: MIT
// Every parameter of every operation of the simulator is compared with Stripe's own list of parameters.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { parametersOf, spec } from '../support/schema.js';
import { Simulator } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());

/** Stripe's operations that the simulator does not have, with the reason. */
const NOT_SERVED = {
    'post /v1/checkout/sessions': 'sessions come from payment links only: an e-mailed one would die within a day',
};

/** Intended differences between the simulator and the list. */
const EXCEPTIONS = [
    {
        operation: /payment_links/,
        parameter: /^(subscription_data|line_items\[0\]\[price_data\]\[recurring\])/,
        reason: 'subscriptions are not modelled: a request is paid once',
    },
    {
        operation: /payment_links/,
        parameter: /^(optional_items|shipping_options)/,
        reason: 'they need prices and shipping rates that are objects of their own, which are not modelled',
    },
    {
        operation: /^post \/v1\/accounts/,
        parameter: /^external_account\[/,
        reason: 'which of its hashes it is, and so what it needs, depends on its member `object`',
    },
    {
        operation: /^post \/v1\/account_links$/,
        parameter: /^type$/,
        reason: 'the URLs are wanted too, and missed first: no link works without them',
    },
    {
        operation: /^post \/v1\/account_sessions$/,
        parameter: /^components/,
        reason: 'the components are not modelled; any of them may be enabled',
    },
    {
        operation: /^post \/v1\/refunds$/,
        parameter: /^(currency|customer|origin|instructions_email)$/,
        reason: 'customers and their cash balances are not modelled',
    },
];

const VALUES = { boolean: 'true', integer: '1', number: '1.5', string: 'x' };
/** Values for parameters that need more than a simple word. */
const SPECIAL = {
    email: 'owner@example.com', country: 'US', default_currency: 'usd', primary_color: '#112233',
    secondary_color: '#112233',
};
const plain = (schema, name = '') => schema.enum?.[0] ?? SPECIAL[name.split(/[[\]]+/).filter(Boolean).at(-1)]
    ?? VALUES[schema.type];

const operations = Object.entries(spec.paths).flatMap(([pattern, methods]) =>
    Object.keys(methods).map((method) => ({ method, pattern, name: `${method} ${pattern}` })));

/** Sends a form to the operation. The ids in its path exist only where the parameters are checked later than the ids. */
async function send({ method, pattern }, pairs) {
    const account = pattern.includes('{account}')
        ? (await sim.script('accounts', { email: 'owner@example.com' })).id : '';
    const path = pattern.replace('{account}', account).replace('{capability}', 'transfers')
        .replace(/\{[^}]+\}/g, 'paysync_unknown');
    const form = pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
    const { status, body } = await sim.api(method.toUpperCase(), path, form);
    return { status, error: body.error ?? {} };
}

const isServed = async (operation) => {
    const { error } = await send(operation, []);
    return !/^Unrecognized request URL/.test(error.message ?? '');
};

const served = [];
for (const operation of operations) {
    if (await isServed(operation)) {
        served.push(operation);
    }
}

test('the operations that are not served are known', () => {
    const missing = operations.filter((operation) => !served.includes(operation)).map(({ name }) => name);
    assert.deepEqual(missing.sort(), Object.keys(NOT_SERVED).sort());
});

const excused = new Set();
/** Asserts, unless the parameter is one of the exceptions. */
function expect(good, operation, name, what) {
    const exception = EXCEPTIONS.find((each) => each.operation.test(operation.name) && each.parameter.test(name));
    if (!good && exception) {
        excused.add(exception);
        return [];
    }
    return good ? [] : [`${name}: ${what}`];
}

/** Whether the error is about the form of this parameter, or of one within it. */
const complains = ({ error }, name) => error.code === 'parameter_unknown'
    || (error.param === name && /^(parameter_invalid|Invalid)/.test(error.code ?? error.message));

const said = ({ status, error }) => `${status} ${error.code ?? ''} ${error.param ?? ''} ${error.message ?? ''}`;

/** The required members of a hash, as pairs; without the member `except`. */
function needed(parameters, hash, except = '') {
    const within = (key) => (hash.name ? `${hash.name}[${key}]` : key);
    return hash.required.filter((key) => key !== except).flatMap((key) => filler(parameters, within(key)));
}

/** The smallest form that gives this parameter a value. */
function filler(parameters, name) {
    const found = parameters.find((each) => each.name === name);
    if (found.kind === 'leaf') {
        return [[name, plain(found.schema, name)]];
    }
    if (found.kind === 'map') {
        return [[`${name}[key]`, 'value']];
    }
    return found.kind === 'array' ? filler(parameters, `${name}[0]`) : needed(parameters, found);
}

/** The optional members of a hash. */
const spare = (parameters, hash) => Object.keys(hash.members)
    .filter((key) => !hash.required.includes(key))
    .map((key) => (hash.name ? `${hash.name}[${key}]` : key))
    .map((name) => filler(parameters, name))
    .find((pairs) => pairs.length > 0) ?? [];

for (const operation of served) {
    const parameters = parametersOf(operation.method, operation.pattern);

    test(`${operation.name} takes every parameter`, async () => {
        const found = [];
        for (const { name, kind, schema } of parameters) {
            if (kind === 'map') {
                const answer = await send(operation, [[`${name}[key]`, 'value']]);
                found.push(...expect(!complains(answer, name), operation, name, said(answer)));
            } else if (kind === 'leaf') {
                for (const value of schema.enum ?? [plain(schema, name)]) {
                    const answer = await send(operation, [[name, value]]);
                    found.push(...expect(!complains(answer, name), operation, name, `'${value}' ${said(answer)}`));
                }
            }
        }
        assert.deepEqual(found, []);
    });

    test(`${operation.name} refuses every other parameter`, async () => {
        const found = [];
        for (const { name, kind } of parameters) {
            if (kind === 'hash') {
                const unknown = name ? `${name}[paysync_unknown]` : 'paysync_unknown';
                const answer = await send(operation, [[unknown, '1']]);
                const good = answer.status === 400 && answer.error.code === 'parameter_unknown'
                    && answer.error.param === unknown;
                found.push(...expect(good, operation, unknown, said(answer)));
            }
        }
        assert.deepEqual(found, []);
    });

    test(`${operation.name} refuses mistyped parameters`, async () => {
        const found = [];
        const refused = async (name, sent, value) => {
            const answer = await send(operation, [[sent, value]]);
            const good = answer.status === 400 && answer.error.param === name;
            found.push(...expect(good, operation, name, `${sent}='${value}' ${said(answer)}`));
        };
        const kinds = new Map();
        for (const { name, kind, schema } of parameters) {
            kinds.set(name, [...(kinds.get(name) ?? []), schema?.type ?? kind]);
        }
        for (const { name, kind, schema } of parameters) {
            const alone = kinds.get(name).length === 1;
            if (kind === 'leaf' && alone && ['integer', 'boolean'].includes(schema.type)) {
                await refused(name, name, 'perhaps');
            } else if (kind === 'leaf' && alone && schema.enum && !schema['x-openEnum']) {
                await refused(name, name, 'paysync_unknown');
            } else if (kind !== 'leaf' && alone && name) {
                await refused(name, name, 'words');
            }
            if (kind === 'leaf' && alone && schema.type === 'string') {
                await refused(name, `${name}[within]`, '1');
            }
        }
        assert.deepEqual(found, []);
    });

    test(`${operation.name} misses what is required`, async () => {
        const found = [];
        for (const hash of parameters.filter((each) => each.kind === 'hash')) {
            for (const key of hash.required) {
                const name = hash.name ? `${hash.name}[${key}]` : key;
                const others = needed(parameters, hash, key);
                if (others.length === 0 && hash.name) {
                    others.push(...spare(parameters, hash));
                }
                if (others.length === 0 && hash.name) {
                    // A hash of one required member cannot be sent without it.
                    continue;
                }
                const answer = await send(operation, others);
                const good = answer.status === 400 && answer.error.code === 'parameter_missing'
                    && answer.error.param === name;
                found.push(...expect(good, operation, name, said(answer)));
            }
        }
        assert.deepEqual(found, []);
    });
}

test('every exception is needed', () => {
    assert.deepEqual(EXCEPTIONS.filter((each) => !excused.has(each)), []);
});
