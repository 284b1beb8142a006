// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';

import { Simulator, failure, linkParams } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
afterEach(() => sim.clearFaults());
const { stripe } = sim;
const stripeAccount = await sim.enabledAccount();

const create = (idempotencyKey, amount = 2500, account = stripeAccount) =>
    stripe.paymentLinks.create(linkParams(amount), { stripeAccount: account, idempotencyKey });

test('the same key and parameters give the same answer', async () => {
    const first = await create('key-1');
    const second = await create('key-1');
    assert.equal(second.id, first.id);
    assert.deepEqual({ ...second }, { ...first });
    assert.equal(first.lastResponse.headers['idempotent-replayed'], undefined);
    assert.equal(second.lastResponse.headers['idempotent-replayed'], 'true');
    assert.equal(second.lastResponse.headers['original-request'], first.lastResponse.requestId);
    assert.notEqual(second.lastResponse.requestId, first.lastResponse.requestId);
    assert.equal(second.lastResponse.headers['idempotency-key'], 'key-1');
    assert.equal(second.lastResponse.idempotencyKey, 'key-1');
});

test('another key makes another object', async () => {
    assert.notEqual((await create('key-2')).id, (await create('key-3')).id);
});

test('the same key with other parameters is an idempotency error', async () => {
    await create('key-4');
    const error = await failure(create('key-4', 2600));
    assert.equal(error.type, 'StripeIdempotencyError');
    assert.equal(error.rawType, 'idempotency_error');
    assert.equal(error.statusCode, 400);
    assert.match(error.message, /^Keys for idempotent requests can only be used with the same parameters/);
});

test('a key is of one account', async () => {
    const other = await sim.enabledAccount();
    assert.notEqual((await create('key-5')).id, (await create('key-5', 2500, other)).id);
});

test('a key that is in use is a conflict, and the client that repeats gets the first answer', async () => {
    await sim.fault({ kind: 'latency', method: 'POST', path: '/v1/payment_links', delay_ms: 700 });
    const first = create('key-6');
    while ((await sim.inspect('faults'))[0].hits === 0) {
        await new Promise((done) => { setTimeout(done, 5); });
    }
    const error = await failure(create('key-6'));
    assert.equal(error.type, 'StripeAPIError');
    assert.equal(error.statusCode, 409);
    assert.equal(error.code, 'idempotency_key_in_use');
    const patient = sim.client({ maxNetworkRetries: 5 });
    const repeated = await patient.paymentLinks.create(
        linkParams(), { stripeAccount, idempotencyKey: 'key-6' });
    assert.equal(repeated.id, (await first).id);
});

test('an error that came while acting is remembered', async () => {
    await sim.fault({ kind: '500_after', method: 'POST', path: '/v1/payment_links', status: 500 });
    const first = await failure(create('key-7'));
    const second = await failure(create('key-7'));
    assert.deepEqual([first.statusCode, second.statusCode], [500, 500]);
    assert.equal(second.headers['idempotent-replayed'], 'true');
});

test('refused parameters and limits are not remembered', async () => {
    const bad = { ...linkParams(), colour: 'red' };
    const options = { stripeAccount, idempotencyKey: 'key-8' };
    await failure(stripe.paymentLinks.create(bad, options));
    assert.ok((await create('key-8')).id);
    await sim.fault({ kind: 'status', method: 'POST', path: '/v1/payment_links', status: 429 });
    assert.equal((await failure(create('key-9'))).type, 'StripeRateLimitError');
    const after429 = await create('key-9');
    assert.equal(after429.lastResponse.headers['idempotent-replayed'], undefined);
});

test('a key is forgotten after a day', async () => {
    const first = await create('key-10');
    await sim.advance(24 * 3600 - 1);
    assert.equal((await create('key-10')).id, first.id);
    await sim.advance(1);
    assert.notEqual((await create('key-10')).id, first.id);
});

test('a key has 255 characters at most', async () => {
    assert.ok((await create('k'.repeat(255))).id);
    assert.equal((await failure(create('k'.repeat(256)))).type, 'StripeInvalidRequestError');
});
