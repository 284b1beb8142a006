// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { KEY, Simulator, VERSION, failure, linkParams } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;
const stripeAccount = await sim.enabledAccount();

test('rawRequest reads and writes', async () => {
    const link = await stripe.rawRequest('POST', '/v1/payment_links', linkParams(), { stripeAccount });
    assert.match(link.id, /^plink_/);
    const read = await stripe.rawRequest('GET', `/v1/payment_links/${link.id}`, undefined, { stripeAccount });
    assert.equal(read.id, link.id);
    const list = await stripe.rawRequest(
        'GET', '/v1/payment_links?limit=1&active=true', undefined, { stripeAccount });
    assert.equal(list.data[0].id, link.id);
    const { id } = await stripe.accounts.create({ email: 'owner@example.com' });
    assert.equal((await stripe.rawRequest('DELETE', `/v1/accounts/${id}`)).deleted, true);
});

test('rawRequest fails as the other calls do', async () => {
    const error = await failure(stripe.rawRequest('GET', '/v1/nonsense'));
    assert.equal(error.type, 'StripeInvalidRequestError');
    assert.equal(error.statusCode, 404);
    assert.match(error.message, /Unrecognized request URL/);
});

test('the headers that the client sends come back', async () => {
    const balance = await stripe.balance.retrieve({}, { stripeAccount });
    const { headers, requestId } = balance.lastResponse;
    assert.match(requestId, /^req_/);
    assert.equal(headers['stripe-version'], VERSION);
    assert.equal(headers['stripe-account'], stripeAccount);
    assert.equal(headers['content-type'].split(';')[0], 'application/json');
});

test('the key may be the user name of Basic', async () => {
    const Authorization = `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`;
    const response = await fetch(`${sim.url}/v1/balance`, { headers: { Authorization, 'Stripe-Version': VERSION } });
    assert.equal(response.status, 200);
});
