// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Simulator, START, failure } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;

const visit = (url) => fetch(url, { redirect: 'manual' });

async function link(account, more = {}) {
    return stripe.accountLinks.create({
        account,
        type: 'account_onboarding',
        refresh_url: 'https://platform.example/refresh',
        return_url: 'https://platform.example/return',
        collection_options: { fields: 'eventually_due', future_requirements: 'include' },
        ...more,
    });
}

test('makes an account link that opens once', async () => {
    const { id } = await stripe.accounts.create({ email: 'owner@example.com' });
    const made = await link(id);
    assert.equal(made.object, 'account_link');
    assert.equal(made.created, START);
    assert.ok(made.expires_at > made.created);
    assert.equal(made.id, undefined);
    assert.equal((await visit(made.url)).status, 200);
    const again = await visit(made.url);
    assert.equal(again.headers.get('location'), 'https://platform.example/refresh');
});

test('makes a link that expires', async () => {
    const { id } = await stripe.accounts.create({ email: 'owner@example.com' });
    const made = await link(id);
    await sim.advance(made.expires_at - made.created);
    const late = await visit(made.url);
    assert.equal(late.headers.get('location'), 'https://platform.example/refresh');
});

test('refuses a link for a strange account and without its type', async () => {
    const strange = await failure(link('acct_paysyncUnknown'));
    assert.equal(strange.type, 'StripeInvalidRequestError');
    assert.equal(strange.code, 'resource_missing');
    assert.equal(strange.param, 'account');
    const { id } = await stripe.accounts.create({ email: 'owner@example.com' });
    const missing = await failure(link(id, { type: undefined }));
    assert.equal(missing.code, 'parameter_missing');
    assert.equal(missing.param, 'type');
    const update = await failure(link(id, { type: 'account_update' }));
    assert.equal(update.type, 'StripeInvalidRequestError');
});
