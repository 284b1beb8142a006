// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Simulator, START, collect, failure, ids, linkParams } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;
const stripeAccount = await sim.enabledAccount();
const acting = { stripeAccount };

test('a charge carries the metadata of its link', async () => {
    const paid = await sim.paid(stripeAccount, {
        application_fee_amount: 100,
        payment_intent_data: { description: 'Invoice 42', metadata: { request_id: 'pr_7', 'weird key': "a'b(c)*!~" } },
    }, { email: 'buyer@example.com', name: 'Éva 😀' });
    const charge = await stripe.charges.retrieve(paid.charge, {}, acting);
    assert.match(charge.id, /^ch_/);
    assert.equal(charge.status, 'succeeded');
    assert.deepEqual([charge.paid, charge.captured, charge.refunded, charge.disputed],
        [true, true, false, false]);
    assert.deepEqual([charge.amount, charge.amount_captured, charge.amount_refunded], [2500, 2500, 0]);
    assert.deepEqual(charge.metadata, { request_id: 'pr_7', 'weird key': "a'b(c)*!~" });
    assert.equal(charge.description, 'Invoice 42');
    assert.equal(charge.payment_intent, paid.payment_intent);
    assert.equal(charge.application_fee_amount, 100);
    assert.match(charge.application_fee, /^fee_/);
    assert.equal(charge.billing_details.email, 'buyer@example.com');
    assert.equal(charge.billing_details.name, 'Éva 😀');
    assert.equal(charge.payment_method_details.type, 'card');
    assert.equal(charge.livemode, false);
    assert.equal(charge.refunds, undefined);
    const intent = await stripe.paymentIntents.retrieve(paid.payment_intent, {}, acting);
    assert.equal(intent.status, 'succeeded');
    assert.equal(intent.latest_charge, charge.id);
    assert.equal(intent.amount_received, 2500);
    assert.deepEqual(intent.metadata, charge.metadata);
});

test('a failed attempt is a charge of its own', async () => {
    const { link, session, charge: failedId, payment_intent: intent } = await sim.paid(
        stripeAccount, {}, { outcome: 'insufficient_funds' });
    const { charge: goodId } = await sim.script('pay', { link: link.id, session });
    const charges = await collect(stripe.charges.list({ payment_intent: intent }, acting));
    assert.deepEqual(ids(charges), [goodId, failedId]);
    const failed = charges[1];
    assert.equal(failed.status, 'failed');
    assert.equal(failed.paid, false);
    assert.equal(failed.failure_code, 'card_declined');
    assert.equal(failed.outcome.reason, 'insufficient_funds');
    assert.equal(failed.balance_transaction, null);
});

test('a delayed payment is pending until it succeeds or fails', async () => {
    for (const [outcome, status] of [['ok', 'succeeded'], ['failed', 'failed']]) {
        const { charge: id, payment_intent: intent } = await sim.paid(
            stripeAccount, {}, { outcome: 'delayed' });
        const pending = await stripe.charges.retrieve(id, {}, acting);
        assert.match(id, /^py_/);
        assert.equal(pending.status, 'pending');
        assert.equal(pending.balance_transaction, null);
        assert.equal((await stripe.paymentIntents.retrieve(intent, {}, acting)).status, 'processing');
        await sim.script('settle', { charge: id, outcome });
        assert.equal((await stripe.charges.retrieve(id, {}, acting)).status, status);
    }
});

test('charges are found by every filter', async () => {
    await sim.advance(1000);
    const at = START + 1000;
    const grouped = await sim.paid(stripeAccount,
        { payment_intent_data: { ...linkParams().payment_intent_data, transfer_group: 'group 1' } });
    const find = async (params) => ids(await collect(stripe.charges.list(params, acting)));
    assert.deepEqual(await find({ transfer_group: 'group 1' }), [grouped.charge]);
    assert.deepEqual(await find({ payment_intent: grouped.payment_intent }), [grouped.charge]);
    assert.deepEqual(await find({ customer: 'cus_unknown' }), []);
    assert.deepEqual(await find({ created: at }), [grouped.charge]);
    assert.deepEqual(await find({ created: { gt: at - 1, lte: at } }), [grouped.charge]);
    assert.deepEqual(await find({ created: { gt: at } }), []);
    assert.ok(!(await find({ created: { lt: at } })).includes(grouped.charge));
});

test('payment intents are found by every filter', async () => {
    await sim.advance(1000);
    const { payment_intent: intent } = await sim.paid(stripeAccount);
    const { created } = await stripe.paymentIntents.retrieve(intent, {}, acting);
    const find = async (params) => ids(await collect(stripe.paymentIntents.list(params, acting)));
    assert.deepEqual(await find({ created: { gte: created } }), [intent]);
    assert.deepEqual(await find({ customer: 'cus_unknown' }), []);
    assert.deepEqual(await find({ customer_account: 'acct_unknown' }), []);
    const unknown = await failure(stripe.paymentIntents.list({ status: 'succeeded' }, acting));
    assert.equal(unknown.code, 'parameter_unknown');
});

test('charges bring what hangs on them when asked', async () => {
    const paid = await sim.paid(stripeAccount, { application_fee_amount: 100 });
    const refund = await stripe.refunds.create({ charge: paid.charge, amount: 300 }, acting);
    const charge = await stripe.charges.retrieve(paid.charge, {
        expand: ['balance_transaction', 'payment_intent.latest_charge', 'refunds.data.balance_transaction',
            'application_fee', 'application'],
    }, acting);
    assert.equal(charge.balance_transaction.object, 'balance_transaction');
    assert.equal(charge.balance_transaction.source, paid.charge);
    assert.equal(charge.payment_intent.latest_charge.id, paid.charge);
    assert.equal(charge.application_fee.object, 'application_fee');
    assert.equal(charge.application.object, 'application');
    assert.deepEqual(ids(charge.refunds.data), [refund.id]);
    assert.equal(charge.refunds.data[0].balance_transaction.amount, -300);
    const [first] = (await stripe.charges.list(
        { limit: 1, expand: ['data.balance_transaction', 'data.refunds'] }, acting)).data;
    assert.equal(first.balance_transaction.object, 'balance_transaction');
    assert.deepEqual(ids(first.refunds.data), [refund.id]);
    for (const expand of [['amount'], ['nonsense'], ['a.b.c.d.e']]) {
        const error = await failure(stripe.charges.retrieve(paid.charge, { expand }, acting));
        assert.equal(error.type, 'StripeInvalidRequestError', expand[0]);
    }
    const list = await failure(stripe.charges.list({ expand: ['balance_transaction'] }, acting));
    assert.equal(list.type, 'StripeInvalidRequestError');
});

test('unknown charges and payment intents are missing', async () => {
    // Both are awaited together: a rejection without a handler would end the process.
    const refused = [stripe.charges.retrieve('ch_x', {}, acting), stripe.paymentIntents.retrieve('pi_x', {}, acting)];
    for (const error of await Promise.all(refused.map(failure))) {
        assert.equal(error.statusCode, 404);
        assert.equal(error.code, 'resource_missing');
    }
});
