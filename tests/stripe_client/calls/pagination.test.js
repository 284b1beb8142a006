// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Simulator, START, collect, failure, ids } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;
const stripeAccount = await sim.enabledAccount();
const acting = { stripeAccount };
const COUNT = 250;
const { charges } = await sim.script(
    'charges', { account: stripeAccount, count: COUNT, created: START - 5000, spacing: 10, amount: 1000 });
const newestFirst = [...charges].reverse();

test('a page is as long as asked, ten by default', async () => {
    assert.equal((await stripe.charges.list({}, acting)).data.length, 10);
    const page = await stripe.charges.list({ limit: 100 }, acting);
    assert.equal(page.data.length, 100);
    assert.equal(page.has_more, true);
    for (const limit of [0, 101, -1]) {
        const error = await failure(stripe.charges.list({ limit }, acting));
        assert.equal(error.param, 'limit', String(limit));
    }
});

test('the client walks all pages forwards, newest first', async () => {
    const before = (await sim.requests('GET', '/v1/charges')).length;
    assert.deepEqual(ids(await collect(stripe.charges.list({ limit: 100 }, acting))), newestFirst);
    assert.equal((await sim.requests('GET', '/v1/charges')).length - before, 3);
});

test('the client walks back with ending_before, oldest first', async () => {
    const oldest = newestFirst[COUNT - 1];
    const walked = await collect(stripe.charges.list({ limit: 60, ending_before: oldest }, acting));
    assert.deepEqual(ids(walked), charges.slice(1));
    const page = await stripe.charges.list({ limit: 3, ending_before: newestFirst[10] }, acting);
    assert.deepEqual(ids(page.data), newestFirst.slice(7, 10));
    assert.equal(page.has_more, true);
    const head = await stripe.charges.list({ limit: 3, ending_before: newestFirst[2] }, acting);
    assert.deepEqual([ids(head.data), head.has_more], [newestFirst.slice(0, 2), false]);
});

test('a walk can start after an object', async () => {
    const rest = await collect(stripe.charges.list({ limit: 7, starting_after: newestFirst[219] }, acting));
    assert.deepEqual(ids(rest), newestFirst.slice(220));
});

test('the filters hold on every page', async () => {
    const created = { gte: START - 5000 + 300, lt: START - 5000 + 1300 };
    const walked = await collect(stripe.charges.list({ limit: 9, created }, acting));
    assert.deepEqual(ids(walked), charges.slice(30, 130).reverse());
});

test('objects that come during a walk do not disturb it', async () => {
    const first = await stripe.charges.list({ limit: 100 }, acting);
    const [added] = (await sim.script('charges', { account: stripeAccount, created: START })).charges;
    const rest = await collect(
        stripe.charges.list({ limit: 100, starting_after: first.data[99].id }, acting));
    assert.deepEqual([...ids(first.data), ...ids(rest)], newestFirst);
    assert.equal((await stripe.charges.list({ limit: 1 }, acting)).data[0].id, added);
});

test('objects of the same second each come once', async () => {
    const account = await sim.enabledAccount();
    await sim.script('charges', { account, count: 25 });
    const walked = ids(await collect(stripe.charges.list({ limit: 4 }, { stripeAccount: account })));
    assert.equal(new Set(walked).size, 25);
    assert.equal(walked.length, 25);
});

test('a cursor must exist, and there is one at most', async () => {
    for (const cursor of ['starting_after', 'ending_before']) {
        const error = await failure(stripe.charges.list({ [cursor]: 'ch_unknown' }, acting));
        assert.equal(error.code, 'resource_missing');
        assert.equal(error.param, cursor);
    }
    const both = await failure(stripe.charges.list(
        { starting_after: charges[1], ending_before: charges[2] }, acting));
    assert.equal(both.type, 'StripeInvalidRequestError');
});
