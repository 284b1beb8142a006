// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Simulator, collect, failure, ids } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;
const stripeAccount = await sim.enabledAccount();
const acting = { stripeAccount };

const charge = (id) => stripe.charges.retrieve(id, {}, acting);

test('refunds a part, then the rest, by charge and by payment intent', async () => {
    const paid = await sim.paid(stripeAccount);
    const part = await stripe.refunds.create({
        charge: paid.charge, amount: 700, reason: 'requested_by_customer', metadata: { why: 'broken' },
    }, acting);
    assert.match(part.id, /^re_/);
    assert.equal(part.status, 'succeeded');
    assert.equal(part.reason, 'requested_by_customer');
    assert.deepEqual(part.metadata, { why: 'broken' });
    assert.equal(part.charge, paid.charge);
    assert.equal(part.payment_intent, paid.payment_intent);
    assert.match(part.balance_transaction, /^txn_/);
    let { amount_refunded: amount, refunded } = await charge(paid.charge);
    assert.deepEqual([amount, refunded], [700, false]);
    const rest = await stripe.refunds.create({ payment_intent: paid.payment_intent }, acting);
    assert.equal(rest.amount, 1800);
    ({ amount_refunded: amount, refunded } = await charge(paid.charge));
    assert.deepEqual([amount, refunded], [2500, true]);
    const again = await failure(stripe.refunds.create({ charge: paid.charge }, acting));
    assert.equal(again.code, 'charge_already_refunded');
});

test('refuses refunds that cannot be', async () => {
    const paid = await sim.paid(stripeAccount);
    const refused = async (params) => {
        const error = await failure(stripe.refunds.create(params, acting));
        assert.equal(error.type, 'StripeInvalidRequestError', JSON.stringify(params));
        return error;
    };
    await refused({ charge: paid.charge, amount: 2501 });
    await refused({ charge: paid.charge, amount: 0 });
    await refused({});
    assert.equal((await refused({ charge: 'ch_unknown' })).code, 'resource_missing');
    assert.equal((await refused({ charge: paid.charge, reason: 'bored' })).param, 'reason');
    const failed = await sim.paid(stripeAccount, {}, { outcome: 'declined' });
    await refused({ charge: failed.charge });
});

test('refunds are found by every filter and bring what hangs on them', async () => {
    const paid = await sim.paid(stripeAccount);
    await sim.advance(1000);
    const made = [];
    for (let i = 0; i < 3; ++i) {
        made.unshift((await stripe.refunds.create({ charge: paid.charge, amount: 100 }, acting)).id);
    }
    const find = async (params) => ids(await collect(stripe.refunds.list({ limit: 2, ...params }, acting)));
    assert.deepEqual(await find({ charge: paid.charge }), made);
    assert.deepEqual(await find({ payment_intent: paid.payment_intent }), made);
    assert.deepEqual(await find({ charge: 'ch_unknown' }), []);
    const { created } = await stripe.refunds.retrieve(made[0], {}, acting);
    assert.deepEqual(await find({ created: { gte: created } }), made);
    assert.deepEqual(await find({ created: { gt: created } }), []);
    const refund = await stripe.refunds.retrieve(
        made[0], { expand: ['charge', 'balance_transaction', 'payment_intent'] }, acting);
    assert.equal(refund.charge.id, paid.charge);
    assert.equal(refund.balance_transaction.amount, -100);
    assert.equal(refund.payment_intent.id, paid.payment_intent);
});

test('a refund may fail later and gives the money back', async () => {
    const paid = await sim.paid(stripeAccount);
    const { id } = await stripe.refunds.create({ charge: paid.charge, amount: 500 }, acting);
    await sim.script('refund/update', { refund: id, status: 'failed' });
    const failed = await stripe.refunds.retrieve(
        id, { expand: ['failure_balance_transaction'] }, acting);
    assert.equal(failed.status, 'failed');
    assert.ok(failed.failure_reason);
    assert.equal(failed.failure_balance_transaction.amount, 500);
    assert.equal((await charge(paid.charge)).amount_refunded, 0);
});

test('a dispute takes the money and gives it back when won', async () => {
    const paid = await sim.paid(stripeAccount);
    const { id } = await sim.script('dispute', { charge: paid.charge, amount: 1000, reason: 'fraudulent' });
    const opened = await stripe.disputes.retrieve(id, {}, acting);
    assert.equal(opened.status, 'needs_response');
    assert.equal(opened.amount, 1000);
    assert.equal(opened.charge, paid.charge);
    assert.equal(opened.balance_transactions[0].amount, -1000);
    assert.equal((await charge(paid.charge)).disputed, true);
    await sim.script('dispute/update', { dispute: id, status: 'under_review' });
    await sim.script('dispute/update', { dispute: id, status: 'won' });
    const won = await stripe.disputes.retrieve(id, { expand: ['charge', 'payment_intent'] }, acting);
    assert.equal(won.status, 'won');
    assert.deepEqual(won.balance_transactions.map((row) => row.amount), [-1000, 1000]);
    assert.equal(won.charge.id, paid.charge);
    assert.equal(won.payment_intent.id, paid.payment_intent);
});

test('disputes are found by every filter', async () => {
    await sim.advance(1000);
    const paid = await sim.paid(stripeAccount);
    const { id, created } = await sim.script('dispute', { charge: paid.charge });
    const find = async (params) => ids(await collect(stripe.disputes.list(params, acting)));
    assert.deepEqual(await find({ charge: paid.charge }), [id]);
    assert.deepEqual(await find({ payment_intent: paid.payment_intent }), [id]);
    assert.deepEqual(await find({ created: { gte: created } }), [id]);
    assert.deepEqual(await find({ charge: 'ch_unknown' }), []);
    const [listed] = (await stripe.disputes.list({ limit: 1, expand: ['data.charge'] }, acting)).data;
    assert.equal(listed.charge.disputed, true);
    assert.equal((await failure(stripe.disputes.retrieve('du_x', {}, acting))).code, 'resource_missing');
});
