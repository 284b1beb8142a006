// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Simulator, START, collect, failure, ids } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;
const stripeAccount = await sim.enabledAccount();
const acting = { stripeAccount };
const sessions = stripe.checkout.sessions;

const find = async (params) => ids(await collect(sessions.list({ limit: 2, ...params }, acting)));

test('retrieves the session of a paid link', async () => {
    const { link, session: id, payment_intent: intent } = await sim.paid(
        stripeAccount, {}, { email: 'buyer@example.com', client_reference_id: 'ref-1' });
    const session = await sessions.retrieve(id, { expand: ['payment_intent', 'line_items'] }, acting);
    assert.match(session.id, /^cs_test_/);
    assert.equal(session.status, 'complete');
    assert.equal(session.payment_status, 'paid');
    assert.equal(session.payment_link, link.id);
    assert.equal(session.payment_intent.id, intent);
    assert.equal(session.line_items.data[0].amount_total, 2500);
    assert.equal(session.amount_total, 2500);
    assert.equal(session.currency, 'usd');
    assert.equal(session.client_reference_id, 'ref-1');
    assert.equal(session.customer_details.email, 'buyer@example.com');
    assert.deepEqual(session.metadata, { request_id: 'pr_1' });
    assert.equal(session.expires_at, START + 24 * 3600);
});

test('finds sessions by link, payment intent, e-mail and status', async () => {
    const paid = await sim.paid(stripeAccount, {}, { email: 'other@example.com' });
    assert.deepEqual(await find({ payment_link: paid.link.id }), [paid.session]);
    assert.deepEqual(await find({ payment_intent: paid.payment_intent }), [paid.session]);
    assert.deepEqual(await find({ customer_details: { email: 'other@example.com' } }), [paid.session]);
    assert.ok((await find({ status: 'complete' })).includes(paid.session));
    assert.ok(!(await find({ status: 'open' })).includes(paid.session));
    assert.deepEqual(await find({ payment_link: 'plink_unknown' }), []);
});

test('finds sessions by their time', async () => {
    await sim.advance(1000);
    const { session } = await sim.paid(stripeAccount);
    assert.deepEqual(await find({ created: { gte: START + 1000 } }), [session]);
    assert.ok(!(await find({ created: { lt: START + 1000 } })).includes(session));
});

test('lists the line items of a session', async () => {
    const { session } = await sim.paid(stripeAccount);
    const { data } = await sessions.listLineItems(session, {}, acting);
    assert.deepEqual(data.map((item) => item.description), ['Invoice 42']);
});

test('expires an open session, and only an open one', async () => {
    const link = await sim.link(stripeAccount);
    await fetch(link.url);
    const [id] = await find({ payment_link: link.id });
    assert.equal((await sessions.retrieve(id, {}, acting)).status, 'open');
    assert.equal((await sessions.expire(id, {}, acting)).status, 'expired');
    assert.deepEqual(await find({ payment_link: link.id, status: 'expired' }), [id]);
    const twice = await failure(sessions.expire(id, {}, acting));
    assert.equal(twice.type, 'StripeInvalidRequestError');
});

test('a session expires by itself after a day', async () => {
    const link = await sim.link(stripeAccount);
    await fetch(link.url);
    const [id] = await find({ payment_link: link.id });
    await sim.advance(24 * 3600);
    assert.equal((await sessions.retrieve(id, {}, acting)).status, 'expired');
});

test('a delayed payment completes the session before it is paid', async () => {
    const { session: id, charge } = await sim.paid(stripeAccount, {}, { outcome: 'delayed' });
    const waiting = await sessions.retrieve(id, {}, acting);
    assert.deepEqual([waiting.status, waiting.payment_status], ['complete', 'unpaid']);
    await sim.script('settle', { charge, outcome: 'ok' });
    assert.equal((await sessions.retrieve(id, {}, acting)).payment_status, 'paid');
});

test('a declined attempt leaves the session open', async () => {
    const { session: id } = await sim.paid(stripeAccount, {}, { outcome: 'declined' });
    const session = await sessions.retrieve(id, {}, acting);
    assert.deepEqual([session.status, session.payment_status], ['open', 'unpaid']);
});
