// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Simulator, collect, failure, ids } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;
const DAY = 24 * 3600;

const rows = (account, params = {}) => collect(
    stripe.balanceTransactions.list({ limit: 2, ...params }, { stripeAccount: account }));
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** An account with available money after payments and a refund. */
async function funded() {
    const account = await sim.enabledAccount();
    const first = await sim.paid(account, { application_fee_amount: 100 });
    const second = await sim.paid(account);
    await stripe.refunds.create({ charge: first.charge, amount: 500 }, { stripeAccount: account });
    await sim.advance(2 * DAY);
    return { account, acting: { stripeAccount: account }, charges: [first.charge, second.charge] };
}

test('a charge is a balance transaction with its fees', async () => {
    const { acting, charges } = await funded();
    const { balance_transaction: id } = await stripe.charges.retrieve(charges[0], {}, acting);
    const row = await stripe.balanceTransactions.retrieve(id, { expand: ['source'] }, acting);
    assert.equal(row.type, 'charge');
    assert.equal(row.reporting_category, 'charge');
    assert.equal(row.amount, 2500);
    assert.equal(row.net, row.amount - row.fee);
    assert.equal(sum(row.fee_details.map((fee) => fee.amount)), row.fee);
    assert.deepEqual(row.fee_details.map((fee) => fee.type).sort(), ['application_fee', 'stripe_fee']);
    assert.equal(row.source.id, charges[0]);
    assert.equal(row.status, 'available');
    assert.equal(row.exchange_rate, null);
});

test('balance transactions are found by every filter', async () => {
    const { account, charges } = await funded();
    const all = await rows(account);
    assert.equal(all.length, 3);
    assert.deepEqual((await rows(account, { type: 'refund' })).map((row) => row.amount), [-500]);
    assert.deepEqual((await rows(account, { source: charges[1] })).map((row) => row.source), [charges[1]]);
    assert.equal((await rows(account, { currency: 'usd' })).length, 3);
    assert.equal((await rows(account, { currency: 'eur' })).length, 0);
    assert.deepEqual(ids(await rows(account, { created: { lte: all[0].created } })), ids(all));
    assert.deepEqual(await rows(account, { created: { gt: all[0].created } }), []);
    const [sourced] = await rows(account, { type: 'refund', expand: ['data.source.charge'] });
    assert.equal(sourced.source.charge.id, charges[0]);
});

test('the balance is the sum of its rows', async () => {
    const { account, acting } = await funded();
    await sim.paid(account);
    const balance = await stripe.balance.retrieve({}, acting);
    assert.equal(balance.object, 'balance');
    const all = await rows(account);
    const net = (status) => sum(all.filter((row) => row.status === status).map((row) => row.net));
    assert.deepEqual(balance.available.map((each) => [each.currency, each.amount]), [['usd', net('available')]]);
    assert.deepEqual(balance.pending.map((each) => [each.currency, each.amount]), [['usd', net('pending')]]);
});

test('an automatic payout lists the rows that it pays', async () => {
    const { account, acting } = await funded();
    const made = await sim.script('payout', { account, currency: 'usd', status: 'paid' });
    const payout = await stripe.payouts.retrieve(made.id, { expand: ['balance_transaction'] }, acting);
    assert.equal(payout.automatic, true);
    assert.equal(payout.status, 'paid');
    assert.equal(payout.reconciliation_status, 'completed');
    assert.equal(payout.balance_transaction.amount, -payout.amount);
    const paid = await rows(account, { payout: payout.id });
    const others = paid.filter((row) => row.type !== 'payout');
    assert.equal(others.length, paid.length - 1);
    assert.equal(sum(others.map((row) => row.net)), payout.amount);
});

test('a manual payout lists none', async () => {
    const { account, acting } = await funded();
    const { id } = await sim.script('payout', { account, automatic: false, amount: 1000 });
    assert.equal((await stripe.payouts.retrieve(id, {}, acting)).reconciliation_status, 'not_applicable');
    const error = await failure(stripe.balanceTransactions.list({ payout: id }, acting));
    assert.equal(error.type, 'StripeInvalidRequestError');
    assert.equal(error.param, 'payout');
    const unknown = await failure(stripe.balanceTransactions.list({ payout: 'po_unknown' }, acting));
    assert.equal(unknown.code, 'resource_missing');
});

test('a payout may fail after it was paid', async () => {
    const { account, acting } = await funded();
    const { id, amount } = await sim.script('payout', { account, status: 'paid' });
    await sim.script('payout/update', { payout: id, status: 'failed', failure_code: 'account_closed' });
    const failed = await stripe.payouts.retrieve(id, { expand: ['failure_balance_transaction'] }, acting);
    assert.equal(failed.status, 'failed');
    assert.equal(failed.failure_code, 'account_closed');
    assert.equal(failed.failure_balance_transaction.amount, amount);
    const balance = await stripe.balance.retrieve({}, acting);
    assert.equal(balance.available[0].amount, amount);
});

test('payouts are found by every filter', async () => {
    const { account, acting } = await funded();
    const early = await sim.script('payout', { account, automatic: false, amount: 1000 });
    await sim.advance(DAY);
    const late = await sim.script('payout', { account, automatic: false, amount: 2000 });
    await sim.script('payout/update', { payout: late.id, status: 'canceled' });
    const find = async (params) => ids(await collect(stripe.payouts.list({ limit: 1, ...params }, acting)));
    assert.deepEqual(await find({}), [late.id, early.id]);
    assert.deepEqual(await find({ status: 'paid' }), [early.id]);
    assert.deepEqual(await find({ status: 'canceled' }), [late.id]);
    assert.deepEqual(await find({ created: { gt: early.created } }), [late.id]);
    assert.deepEqual(await find({ arrival_date: { lte: early.arrival_date } }), [early.id]);
    assert.deepEqual(await find({ arrival_date: late.arrival_date }), [late.id]);
    assert.deepEqual(await find({ destination: early.destination }), [late.id, early.id]);
    assert.deepEqual(await find({ destination: 'ba_unknown' }), []);
    const odd = await failure(stripe.payouts.list({ status: 'lost' }, acting));
    assert.equal(odd.param, 'status');
});

test('application fees are found on the platform', async () => {
    const { account, charges } = await funded();
    const find = async (params) => collect(stripe.applicationFees.list({ limit: 1, ...params }));
    const [fee, ...others] = await find({ charge: charges[0] });
    assert.deepEqual(others, []);
    assert.match(fee.id, /^fee_/);
    assert.equal(fee.account, account);
    assert.equal(fee.amount, 100);
    assert.ok(ids(await find({})).includes(fee.id));
    assert.ok(ids(await find({ created: { gte: fee.created } })).includes(fee.id));
    assert.ok(!ids(await find({ created: { lt: fee.created } })).includes(fee.id));
    const whole = await stripe.applicationFees.retrieve(
        fee.id, { expand: ['account', 'balance_transaction', 'application'] });
    assert.equal(whole.charge, charges[0]);
    assert.equal(whole.account.id, account);
    assert.equal(whole.balance_transaction.amount, 100);
    assert.equal(whole.application.object, 'application');
});
