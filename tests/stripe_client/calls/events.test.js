// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Simulator, VERSION, collect, failure, ids } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;
const stripeAccount = await sim.enabledAccount();
const acting = { stripeAccount };

const find = (params) => collect(stripe.events.list({ limit: 3, ...params }, acting));
const types = (events) => events.map((event) => event.type);

test('a payment causes events that hold the object', async () => {
    const paid = await sim.paid(stripeAccount);
    const [event] = await find({ type: 'charge.succeeded' });
    assert.match(event.id, /^evt_/);
    assert.equal(event.account, stripeAccount);
    assert.equal(event.api_version, VERSION);
    assert.equal(event.data.object.id, paid.charge);
    const again = await stripe.events.retrieve(event.id, {}, acting);
    assert.equal(again.type, 'charge.succeeded');
    assert.deepEqual(again.data, event.data);
});

test('events are found by type, wildcard, several types and time', async () => {
    await sim.advance(1000);
    const { charge } = await sim.paid(stripeAccount);
    await stripe.refunds.create({ charge }, acting);
    const [{ created }] = await find({});
    const now = { created: { gte: created } };
    assert.deepEqual(new Set(types(await find({ ...now, type: 'charge.*' }))),
        new Set(['charge.succeeded', 'charge.refunded']));
    assert.deepEqual(types(await find({ ...now, types: ['refund.created', 'payment_link.created'] })),
        ['refund.created', 'payment_link.created']);
    assert.deepEqual(await find({ created: { gt: created } }), []);
    const all = await find(now);
    assert.ok(types(all).includes('checkout.session.completed'));
    assert.deepEqual(ids(all), ids(await find({ ...now, delivery_success: true })));
    const both = await failure(stripe.events.list({ type: 'charge.*', types: ['charge.refunded'] }, acting));
    assert.equal(both.type, 'StripeInvalidRequestError');
    const many = await failure(stripe.events.list({ types: Array(21).fill('charge.refunded') }, acting));
    assert.equal(many.type, 'StripeInvalidRequestError');
});

test('an event says which request caused it', async () => {
    const { charge } = await sim.paid(stripeAccount);
    const refund = await stripe.refunds.create({ charge }, { ...acting, idempotencyKey: 'key-1' });
    const [event] = await find({ type: 'refund.created' });
    assert.deepEqual(event.request, { id: refund.lastResponse.requestId, idempotency_key: 'key-1' });
});

test('an update says what was there before', async () => {
    await stripe.accounts.update(stripeAccount, { email: 'new@example.com' });
    const [event] = await find({ type: 'account.updated' });
    assert.equal(event.data.object.email, 'new@example.com');
    assert.equal(event.data.previous_attributes.email, 'owner@example.com');
});

test('events of a connected account are not in the list of the platform', async () => {
    const own = ids(await collect(stripe.events.list({ limit: 100 })));
    for (const event of await find({ limit: 100 })) {
        assert.ok(!own.includes(event.id));
    }
});

test('events are kept for thirty days', async () => {
    const [event] = await find({});
    await sim.advance(30 * 24 * 3600 + 1);
    assert.ok(!ids(await find({})).includes(event.id));
});
