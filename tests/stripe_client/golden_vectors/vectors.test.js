// SPDX-License-Identifier: MIT
// The vectors in golden-vectors.json were computed by the official client; they must hold between it and the simulator.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';

import { vectors } from '../support/schema.js';
import { CLIENT_ID, KEY, Simulator, VERSION, failure, linkParams } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
afterEach(() => sim.clearFaults());
const stripeAccount = await sim.enabledAccount();
const CONNECT = 'https://connect.stripe.com';

describe('form encoding', () => {
    /** A call of the simulator that accepts such a parameter, and the member in which it shows the value. */
    const shown = {
        metadata: async (encoded) => (await post(
            encoded.includes('line_items') ? '/v1/payment_links' : '/v1/accounts', encoded)).metadata,
        settings: async (encoded) => (await post('/v1/accounts', encoded)).settings,
        email: async (encoded) => (await post('/v1/accounts', encoded)).email,
        active: async (encoded) =>
            (await post(`/v1/payment_links/${(await sim.link(stripeAccount)).id}`, encoded)).active,
        text: async (encoded) => (await post('/v1/accounts', `metadata[text]${encoded.slice(4)}`)).metadata.text,
        line_items: async (encoded) => {
            const link = await post('/v1/payment_links', `${encoded}&expand[]=line_items`);
            const [item] = link.line_items.data;
            return [{
                price_data: {
                    currency: item.currency, unit_amount: item.price.unit_amount,
                    product_data: { name: item.description },
                },
                quantity: item.quantity,
            }];
        },
        restrictions: async (encoded) => {
            const { limit } = (await post('/v1/payment_links', encoded)).restrictions.completed_sessions;
            return { completed_sessions: { limit } };
        },
    };

    async function post(path, form) {
        const account = path.startsWith('/v1/accounts') ? undefined : stripeAccount;
        const { status, body } = await sim.api('POST', path, form, account);
        assert.equal(status, 200, JSON.stringify(body));
        return body;
    }

    for (const { params, encoded } of vectors.form_encoding) {
        const names = Object.keys(params).filter((name) => name in shown);
        for (const name of names) {
            test(`${name} of ${encoded.slice(0, 60)}`, async () => {
                const got = await shown[name](encoded);
                const wanted = params[name];
                if (name === 'settings') {
                    assert.equal(got.branding.primary_color, wanted.branding.primary_color);
                } else if (name === 'metadata' && (wanted === '' || Object.values(wanted).includes(''))) {
                    assert.deepEqual(got, {});
                } else {
                    assert.deepEqual(got, wanted);
                }
            });
        }
        if (names.length === 0) {
            test(`the query ${encoded.slice(0, 60)}`, async () => {
                // The vector's parameter `a` does not exist at Stripe.
                const refused = 'a' in params ? 'a' : undefined;
                const path = 'types' in params ? '/v1/events' : '/v1/charges';
                // The vector expands a customer, which no charge has here.
                const { status, body } = await sim.api('GET', path, encoded, stripeAccount);
                assert.equal(status, refused ? 400 : 200, JSON.stringify(body));
                if (refused) {
                    assert.deepEqual([body.error.code, body.error.param], ['parameter_unknown', refused]);
                }
            });
        }
    }

    test('the client sends what it encoded, and it comes back', async () => {
        const { params: { text } } = vectors.form_encoding.find((each) => each.params.text);
        const { params: { metadata } } = vectors.form_encoding.find((each) => each.params.line_items);
        const link = await sim.link(stripeAccount, {
            metadata: { ...metadata, text }, payment_intent_data: { metadata: { ...metadata, text } },
        });
        assert.deepEqual(link.metadata, { ...metadata, text });
        const { charge } = await sim.script('pay', { link: link.id });
        const read = await sim.stripe.charges.retrieve(charge, {}, { stripeAccount });
        assert.deepEqual(read.metadata, { ...metadata, text });
    });
});

describe('error classes', () => {
    /** How each error is caused; errors that the simulator cannot cause by itself are scripted. */
    const provoke = {
        parameter_unknown: () => sim.stripe.accounts.create({ nonsense: 1 }),
        idempotency_error: async () => {
            const options = { stripeAccount, idempotencyKey: 'vector-1' };
            await sim.stripe.paymentLinks.create(linkParams(), options);
            return sim.stripe.paymentLinks.create(linkParams(2600), options);
        },
        account_invalid: () => sim.stripe.accounts.retrieve('acct_unknown'),
        resource_missing: () => sim.stripe.charges.retrieve('ch_unknown'),
        idempotency_key_in_use: async () => {
            await sim.fault({ kind: 'latency', method: 'POST', path: '/v1/payment_links', delay_ms: 500 });
            const options = { stripeAccount, idempotencyKey: 'vector-2' };
            const first = sim.stripe.paymentLinks.create(linkParams(), options);
            while ((await sim.inspect('faults'))[0].hits === 0) {
                await new Promise((done) => { setTimeout(done, 5); });
            }
            const second = await failure(sim.stripe.paymentLinks.create(linkParams(), options));
            await first;
            throw second;
        },
    };

    for (const { status, type, code, official_client_class: name } of vectors.error_class_map) {
        test(`${status} ${code ?? type} is a ${name}`, async () => {
            const cause = provoke[code ?? type] ?? (async () => {
                await sim.fault({ kind: 'status', path: '/v1/balance', status, type, ...(code && { code }) });
                return sim.stripe.balance.retrieve();
            });
            const error = await failure(cause());
            assert.deepEqual([error.type, error.statusCode, error.rawType, error.code], [name, status, type, code]);
        });
    }
});

describe('retry decisions', { concurrency: true }, () => {
    for (const [index, vector] of vectors.retry_decision_first_attempt.entries()) {
        const { status, headers, official_client_retries: retries } = vector;
        test(`${status ?? 'a reset'} ${JSON.stringify(headers ?? {})}`, async () => {
            const server = await Simulator.start();
            try {
                const path = `/v1/charges/ch_vector_${index}`;
                const fault = status === null ? { kind: 'reset_before' }
                    : { kind: 'status', status, should_retry: headers['stripe-should-retry'] ?? '' };
                if (status !== 200) {
                    await server.fault({ ...fault, path, times: 1 });
                }
                const asked = status === 200 ? '/v1/balance' : path;
                const call = server.client({ maxNetworkRetries: 1 }).rawRequest('GET', asked);
                await call.catch(() => undefined);
                const sent = await server.requests('GET', asked);
                assert.equal(sent.length, retries ? 2 : 1);
            } finally {
                await server.stop();
            }
        });
    }
});

describe('OAuth URLs', () => {
    for (const text of vectors.oauth_authorize_urls) {
        test(`${text.slice(0, 90)} is one that the page understands`, async () => {
            assert.ok(text.startsWith(`${CONNECT}/oauth/authorize?`));
            const url = new URL(text);
            assert.equal(url.searchParams.get('response_type'), 'code');
            const stranger = await fetch(sim.url + url.pathname + url.search);
            assert.equal(stranger.status, 400, 'a client_id of another platform');
            url.searchParams.set('client_id', CLIENT_ID);
            url.searchParams.set('redirect_uri', url.searchParams.get('redirect_uri') ?? 'https://p.example/cb');
            const page = await fetch(sim.url + url.pathname + url.search);
            assert.equal(page.status, 200);
        });
    }

    test('the client builds the same URLs for the simulator', () => {
        const { searchParams } = new URL(vectors.oauth_authorize_urls[0]);
        const { client_id, state, redirect_uri } = Object.fromEntries(searchParams);
        const built = sim.stripe.oauth.authorizeUrl({ client_id, scope: 'read_write', state, redirect_uri });
        assert.equal(built.replace(`https://${sim.host}`, CONNECT), vectors.oauth_authorize_urls[0]);
    });
});

test('the version of the vectors is the one that the client and the simulator speak', async () => {
    assert.match(vectors.source, new RegExp(VERSION));
    const { headers } = await sim.api('GET', '/v1/balance');
    assert.equal(headers.get('stripe-version'), VERSION);
    assert.ok(KEY.startsWith('sk_test_'));
});
