// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';

import { Simulator, failure, ids, linkParams } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
afterEach(() => sim.clearFaults());
const stripeAccount = await sim.enabledAccount();
const acting = { stripeAccount };
const patient = sim.client({ maxNetworkRetries: 2 });
const PATH = '/v1/payment_links';

/** The result of the call, and the idempotency keys of its requests. */
async function keysDuring(call) {
    const before = (await sim.requests('POST', PATH)).length;
    const result = await call();
    const keys = (await sim.requests('POST', PATH)).slice(before).map((each) => each.idempotency_key);
    return { result, keys };
}

const links = async () => ids((await patient.paymentLinks.list({ limit: 100 }, acting)).data);

for (const [name, fault] of Object.entries({
    'a 500': { kind: 'status', status: 500 },
    'a 503': { kind: 'status', status: 503 },
    'a conflict': { kind: 'status', status: 409, code: 'idempotency_key_in_use', type: 'idempotency_error' },
    'a limit that says to retry': { kind: 'status', status: 429, should_retry: 'true' },
    'a reset before': { kind: 'reset_before' },
    'a reset after': { kind: 'reset_after' },
    'an error after that forgets nothing': { kind: '500_after', keeps_result: true },
})) {
    test(`the client tries again after ${name}, with the same key, and makes one link`, async () => {
        const before = (await links()).length;
        await sim.fault({ ...fault, method: 'POST', path: PATH });
        const { result, keys } = await keysDuring(
            () => patient.paymentLinks.create(linkParams(), acting));
        assert.equal(keys.length, 2);
        assert.equal(keys[0], keys[1]);
        const all = await links();
        assert.equal(all.length, before + 1);
        assert.equal(all[0], result.id);
    });
}

test('the client does not try again when it is told not to, nor after a mistake', async () => {
    const calls = {
        'told not to': [{ kind: 'status', status: 500, should_retry: 'false' }, 'StripeAPIError'],
        'a limit': [{ kind: 'status', status: 429 }, 'StripeRateLimitError'],
        'bad parameters': [{ kind: 'status', status: 400 }, 'StripeInvalidRequestError'],
        'no such thing': [{ kind: 'status', status: 404 }, 'StripeInvalidRequestError'],
    };
    for (const [name, [fault, type]] of Object.entries(calls)) {
        await sim.fault({ ...fault, method: 'POST', path: PATH });
        const { result, keys } = await keysDuring(
            () => failure(patient.paymentLinks.create(linkParams(), acting)));
        assert.equal(result.type, type, name);
        assert.equal(keys.length, 1, name);
    }
});

test('the client gives up after its last try', async () => {
    await sim.fault({ kind: 'status', status: 502, times: -1, path: '/v1/balance' });
    const before = (await sim.requests('GET', '/v1/balance')).length;
    const error = await failure(patient.balance.retrieve({}, acting));
    assert.equal(error.statusCode, 502);
    assert.equal((await sim.requests('GET', '/v1/balance')).length - before, 3);
});
