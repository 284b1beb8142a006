// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';

import { Simulator, failure } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
afterEach(() => sim.clearFaults());
const { stripe } = sim;

/** The client's error as class, status, type and code. */
async function seen(promise) {
    const { type, statusCode, rawType, code, requestId } = await failure(promise);
    assert.match(requestId, /^req_/);
    return [type, statusCode, rawType, code];
}

test('wrong parameters', async () => {
    assert.deepEqual(await seen(stripe.accounts.create({ nonsense: 1 })),
        ['StripeInvalidRequestError', 400, 'invalid_request_error', 'parameter_unknown']);
    assert.deepEqual(await seen(stripe.accountLinks.create({ account: 'acct_1' })),
        ['StripeInvalidRequestError', 400, 'invalid_request_error', 'parameter_missing']);
    const error = await failure(stripe.charges.list({ created: { since: 1 } }));
    assert.equal(error.param, 'created[since]');
    assert.match(error.doc_url, /error-codes\/parameter-unknown$/);
});

test('a key that is none', async () => {
    for (const key of ['sk_test_paysync_wrong0000000', 'x']) {
        const wrong = sim.client({}, key);
        const [type, status] = await seen(wrong.accounts.list());
        assert.deepEqual([type, status], ['StripeAuthenticationError', 401]);
        assert.ok(!(await failure(wrong.accounts.list())).message.includes('paysync_wrong'));
    }
});

test('an unknown object and an unknown call', async () => {
    assert.deepEqual(await seen(stripe.charges.retrieve('ch_unknown')),
        ['StripeInvalidRequestError', 404, 'invalid_request_error', 'resource_missing']);
    const [type, status] = await seen(stripe.customers.list());
    assert.deepEqual([type, status], ['StripeInvalidRequestError', 404]);
});

test('the two kinds of 403', async () => {
    assert.deepEqual(await seen(stripe.accounts.retrieve('acct_unknown')),
        ['StripePermissionError', 403, 'invalid_request_error', 'account_invalid']);
    await sim.fault({ kind: 'permission', path: '/v1/charges' });
    const error = await failure(stripe.charges.list());
    assert.equal(error.type, 'StripePermissionError');
    assert.equal(error.code, undefined);
    assert.match(error.message, /does not have the required permissions/);
});

test('limits', async () => {
    await sim.fault({ kind: 'status', path: '/v1/charges', status: 429, reason: 'endpoint-rate', code: 'rate_limit' });
    const limited = await failure(stripe.charges.list());
    assert.equal(limited.type, 'StripeRateLimitError');
    assert.equal(limited.headers['stripe-rate-limited-reason'], 'endpoint-rate');
    assert.equal(limited.headers['retry-after'], undefined);
    await sim.fault({ kind: 'status', path: '/v1/charges', status: 429 });
    const locked = await failure(stripe.charges.list());
    assert.equal(locked.code, 'lock_timeout');
    assert.equal(locked.headers['stripe-rate-limited-reason'], undefined);
    await sim.script('rate_limit', { all: 1, endpoint: 0 });
    const burst = await Promise.allSettled(Array.from({ length: 5 }, () => stripe.balance.retrieve()));
    await sim.script('rate_limit', { all: 0, endpoint: 0 });
    const refused = burst.filter((each) => each.status === 'rejected').map((each) => each.reason);
    assert.ok(refused.length > 0);
    for (const error of refused) {
        assert.equal(error.type, 'StripeRateLimitError');
        assert.equal(error.headers['stripe-rate-limited-reason'], 'global-rate');
    }
});

test('answers that are broken', async () => {
    await sim.fault({ kind: 'truncate', path: '/v1/balance', bytes: 20 });
    assert.equal((await failure(stripe.balance.retrieve())).type, 'StripeConnectionError');
    await sim.fault({ kind: 'wrong_length', path: '/v1/balance', bytes: -10 });
    assert.equal((await failure(stripe.balance.retrieve())).type, 'StripeAPIError');
    await sim.fault({ kind: 'slow_drip', path: '/v1/balance', bytes: 16, delay_ms: 1 });
    assert.equal((await stripe.balance.retrieve()).object, 'balance');
    await sim.fault({ kind: 'latency', path: '/v1/balance', delay_ms: 3000 });
    const late = await failure(stripe.balance.retrieve({}, { timeout: 100 }));
    assert.equal(late.type, 'StripeConnectionError');
});

test('objects that are odd still arrive', async () => {
    const id = await sim.enabledAccount();
    const patch = { type: 'newkind', email: null, country: '\u0000😀', created: 1e300 };
    await sim.fault({ kind: 'patch', path: `/v1/accounts/${id}`, patch });
    const account = await stripe.accounts.retrieve(id);
    assert.equal(account.type, 'newkind');
    assert.ok(!('email' in account));
    assert.equal(account.country, '\u0000😀');
    assert.equal(account.created, 1e300);
});
