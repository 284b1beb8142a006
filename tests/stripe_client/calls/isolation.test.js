// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { KEY, Simulator, collect, failure, ids, linkParams } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;
const one = await sim.enabledAccount();
const other = await sim.enabledAccount();
const paid = await sim.paid(one);

const as = (stripeAccount) => ({ stripeAccount });

test('an object is seen only on its own account', async () => {
    const { charge, link, payment_intent: intent, session } = paid;
    const reads = {
        charge: (options) => stripe.charges.retrieve(charge, {}, options),
        link: (options) => stripe.paymentLinks.retrieve(link.id, {}, options),
        intent: (options) => stripe.paymentIntents.retrieve(intent, {}, options),
        session: (options) => stripe.checkout.sessions.retrieve(session, {}, options),
        refund: (options) => stripe.refunds.create({ charge }, options),
        update: (options) => stripe.paymentLinks.update(link.id, { active: false }, options),
    };
    for (const [name, read] of Object.entries(reads)) {
        for (const options of [{}, as(other)]) {
            const error = await failure(read(options));
            assert.equal(error.code, 'resource_missing', `${name} by ${JSON.stringify(options)}`);
        }
        assert.ok((await read(as(one))).id, name);
    }
});

test('lists hold the own objects only', async () => {
    const lists = ['charges', 'paymentLinks', 'paymentIntents', 'balanceTransactions', 'events'];
    for (const name of lists) {
        const mine = ids(await collect(stripe[name].list({ limit: 100 }, as(one))));
        const theirs = ids(await collect(stripe[name].list({ limit: 100 }, as(other))));
        assert.ok(mine.length > 0, name);
        assert.ok(!theirs.some((id) => mine.includes(id)), name);
    }
});

test('a header for an account that is not connected is refused, without the key in words', async () => {
    for (const id of ['acct_unknown', await sim.script('accounts', { connected: false }).then((a) => a.id)]) {
        const error = await failure(stripe.charges.list({}, as(id)));
        assert.equal(error.type, 'StripePermissionError');
        assert.equal(error.code, 'account_invalid');
        assert.ok(error.message.includes(id));
        assert.ok(!error.message.includes(KEY));
    }
});

test('a connected account cannot manage others', async () => {
    const error = await failure(stripe.accounts.create({ email: 'x@example.com' }, as(one)));
    assert.equal(error.type, 'StripeInvalidRequestError');
});

test('a client can be bound to an account', async () => {
    const bound = sim.client({ stripeAccount: one });
    assert.equal((await bound.accounts.retrieveCurrent()).id, one);
    const link = await bound.paymentLinks.create(linkParams());
    assert.equal(link.lastResponse.stripeAccount, one);
});
