// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Simulator, collect, failure, ids, linkParams } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;
const stripeAccount = await sim.enabledAccount();
const acting = { stripeAccount };

test('makes a payment link as the daemon does', async () => {
    const link = await stripe.paymentLinks.create({
        ...linkParams(),
        after_completion: {
            type: 'redirect',
            redirect: { url: 'https://platform.example/thanks?session={CHECKOUT_SESSION_ID}' },
        },
        application_fee_amount: 100,
        customer_creation: 'if_required',
        inactive_message: 'Bereits bezahlt – danke',
        payment_intent_data: {
            description: 'Invoice 42',
            metadata: { request_id: 'pr_1' },
            statement_descriptor_suffix: 'INV42',
        },
        phone_number_collection: { enabled: false },
        submit_type: 'pay',
    }, { ...acting, idempotencyKey: 'paysync:link:1' });
    assert.match(link.id, /^plink_/);
    assert.match(link.url, /^http/);
    assert.equal(link.active, true);
    assert.equal(link.currency, 'usd');
    assert.equal(link.application_fee_amount, 100);
    assert.equal(link.inactive_message, 'Bereits bezahlt – danke');
    assert.deepEqual(link.metadata, { request_id: 'pr_1' });
    assert.deepEqual(link.payment_intent_data.metadata, { request_id: 'pr_1' });
    assert.equal(link.payment_intent_data.description, 'Invoice 42');
    assert.deepEqual(link.restrictions, { completed_sessions: { count: 0, limit: 1 } });
    assert.equal(link.after_completion.redirect.url,
        'https://platform.example/thanks?session={CHECKOUT_SESSION_ID}');
    assert.equal(link.created, undefined);
    assert.equal(link.line_items, undefined);
    assert.equal(link.lastResponse.stripeAccount, stripeAccount);
});

test('retrieves a link, with its line items if asked', async () => {
    const { id } = await sim.link(stripeAccount);
    const link = await stripe.paymentLinks.retrieve(id, { expand: ['line_items'] }, acting);
    assert.equal(link.line_items.data[0].amount_total, 2500);
    const [item, ...others] = (await stripe.paymentLinks.listLineItems(id, {}, acting)).data;
    assert.deepEqual(others, []);
    assert.equal(item.object, 'item');
    assert.equal(item.description, 'Invoice 42');
    assert.equal(item.price.unit_amount, 2500);
    assert.equal(item.quantity, 1);
});

test('pages through line items both ways', async () => {
    const item = (name) => ({
        price_data: { currency: 'eur', unit_amount: 100, product_data: { name } }, quantity: 2,
    });
    const names = ['a', 'b', 'c', 'd', 'e'];
    const { id } = await sim.link(stripeAccount, { line_items: names.map(item) });
    const all = await collect(stripe.paymentLinks.listLineItems(id, { limit: 2 }, acting));
    assert.deepEqual(all.map((each) => each.description), names);
    assert.equal(all[0].amount_total, 200);
    const back = await stripe.paymentLinks.listLineItems(
        id, { limit: 2, ending_before: all[4].id }, acting);
    assert.deepEqual(ids(back.data), ids(all).slice(2, 4));
});

test('updates a link: active, metadata, restrictions, message', async () => {
    const { id } = await sim.link(stripeAccount);
    const updated = await stripe.paymentLinks.update(id, {
        active: false,
        inactive_message: 'Withdrawn',
        metadata: { request_id: '', note: 'x' },
        payment_intent_data: { metadata: { other: '1' } },
        restrictions: { completed_sessions: { limit: 3 } },
    }, acting);
    assert.equal(updated.active, false);
    assert.equal(updated.inactive_message, 'Withdrawn');
    assert.deepEqual(updated.metadata, { note: 'x' });
    assert.deepEqual(updated.payment_intent_data.metadata, { other: '1' });
    assert.equal(updated.restrictions.completed_sessions.limit, 3);
    const page = await (await fetch(updated.url)).text();
    assert.match(page, /Withdrawn/);
    const cleared = await stripe.paymentLinks.update(
        id, { inactive_message: '', restrictions: '' }, acting);
    assert.equal(cleared.inactive_message, null);
    assert.equal(cleared.restrictions, null);
});

test('changes the quantity of a line item, and nothing else of it', async () => {
    const { id } = await sim.link(stripeAccount);
    const [item] = (await stripe.paymentLinks.listLineItems(id, {}, acting)).data;
    await stripe.paymentLinks.update(id, { line_items: [{ id: item.id, quantity: 3 }] }, acting);
    const [changed] = (await stripe.paymentLinks.listLineItems(id, {}, acting)).data;
    assert.equal(changed.quantity, 3);
    assert.equal(changed.amount_total, 7500);
    const price = await failure(stripe.paymentLinks.update(
        id, { line_items: [{ id: item.id, price_data: { unit_amount: 1 } }] }, acting));
    assert.equal(price.code, 'parameter_unknown');
    const other = await failure(stripe.paymentLinks.update(
        id, { line_items: [{ id: 'li_unknown', quantity: 3 }] }, acting));
    assert.equal(other.type, 'StripeInvalidRequestError');
});

test('lists links, active ones and others', async () => {
    const account = await sim.enabledAccount();
    const made = [];
    for (let i = 0; i < 5; ++i) {
        made.unshift((await sim.link(account)).id);
    }
    const own = { stripeAccount: account };
    await stripe.paymentLinks.update(made[1], { active: false }, own);
    const list = (params) => collect(stripe.paymentLinks.list({ limit: 2, ...params }, own));
    assert.deepEqual(ids(await list({})), made);
    assert.deepEqual(ids(await list({ active: false })), [made[1]]);
    assert.deepEqual(ids(await list({ active: true })), made.filter((id) => id !== made[1]));
});

test('counts completed sessions and closes the link when its limit is reached', async () => {
    const { link, status } = await sim.paid(stripeAccount);
    assert.equal(status, 'succeeded');
    const { restrictions } = await stripe.paymentLinks.retrieve(link.id, {}, acting);
    assert.deepEqual(restrictions.completed_sessions, { count: 1, limit: 1 });
    const again = await fetch(`${sim.url}/_sim/pay`,
        { method: 'POST', body: JSON.stringify({ link: link.id }) });
    assert.equal(again.status, 400);
});

test('refuses what Stripe refuses', async () => {
    const refused = async (change, code, param) => {
        const error = await failure(stripe.paymentLinks.create({ ...linkParams(), ...change }, acting));
        assert.equal(error.type, 'StripeInvalidRequestError');
        assert.equal(error.statusCode, 400);
        assert.equal(error.code, code, JSON.stringify(change));
        if (param) {
            assert.equal(error.param, param);
        }
    };
    await refused(linkParams(10), 'amount_too_small');
    await refused(linkParams(100000000), 'amount_too_large');
    await refused({ colour: 'red' }, 'parameter_unknown', 'colour');
    await refused({ line_items: undefined }, 'parameter_missing', 'line_items');
    await refused({ line_items: [{ price_data: linkParams().line_items[0].price_data }] },
        'parameter_missing', 'line_items[0][quantity]');
    await refused({ restrictions: { completed_sessions: { limit: 'many' } } },
        'parameter_invalid_integer', 'restrictions[completed_sessions][limit]');
    await refused({ line_items: [{ price: 'price_unknown', quantity: 1 }] }, 'resource_missing');
    const { id } = await stripe.accounts.create({ email: 'owner@example.com' });
    const early = await failure(stripe.paymentLinks.create(linkParams(), { stripeAccount: id }));
    assert.equal(early.type, 'StripeInvalidRequestError');
});
