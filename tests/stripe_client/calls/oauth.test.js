// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { CLIENT_ID, KEY, Simulator, collect, failure, ids } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const stripe = sim.client({});
const CALLBACK = 'https://platform.example/callback';

/** Submits the page to which the client sends the owner; returns the parameters of the callback. */
async function decide(action, account = '', params = {}) {
    const url = new URL(stripe.oauth.authorizeUrl({
        client_id: CLIENT_ID, state: 'st_1', redirect_uri: CALLBACK, scope: 'read_write', ...params,
    }));
    const page = await fetch(sim.url + url.pathname + url.search);
    assert.equal(page.status, 200);
    const hidden = [...(await page.text()).matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    const form = new URLSearchParams(hidden.map(([, name, value]) => [name, value]));
    form.set('action', action);
    form.set('account', account);
    const done = await fetch(`${sim.url}/oauth/authorize`,
        { method: 'POST', body: form, redirect: 'manual' });
    const location = done.headers.get('location');
    assert.ok(location?.startsWith(CALLBACK), `it goes to ${location}`);
    return new URL(location).searchParams;
}

async function connect(account = '') {
    const back = await decide('connect', account);
    return stripe.oauth.token({ grant_type: 'authorization_code', code: back.get('code') });
}

test('authorizeUrl leads to a page that gives a code and the state', async () => {
    const back = await decide('connect');
    assert.match(back.get('code'), /^ac_/);
    assert.equal(back.get('state'), 'st_1');
    assert.equal(back.get('scope'), 'read_write');
    const denied = await decide('deny');
    assert.equal(denied.get('error'), 'access_denied');
    assert.ok(denied.get('error_description'));
    assert.equal(denied.get('code'), null);
});

test('exchanges the code for the account', async () => {
    const token = await connect();
    assert.match(token.stripe_user_id, /^acct_/);
    assert.equal(token.token_type, 'bearer');
    assert.equal(token.livemode, false);
    assert.equal(token.scope, 'read_write');
    for (const member of ['access_token', 'refresh_token', 'stripe_publishable_key']) {
        assert.equal(typeof token[member], 'string', member);
    }
    const account = await stripe.accounts.retrieve(token.stripe_user_id);
    assert.equal(account.charges_enabled, true);
});

test('a code is good once, and a second use ends the connection', async () => {
    const code = (await decide('connect')).get('code');
    const grant = { grant_type: 'authorization_code', code };
    const { stripe_user_id: id } = await stripe.oauth.token(grant);
    const used = await failure(stripe.oauth.token(grant));
    assert.equal(used.type, 'StripeInvalidGrantError');
    assert.equal((await failure(stripe.accounts.retrieve(id))).code, 'account_invalid');
});

test('a code dies after five minutes', async () => {
    const code = (await decide('connect')).get('code');
    await sim.advance(300);
    const late = await failure(stripe.oauth.token({ grant_type: 'authorization_code', code }));
    assert.equal(late.type, 'StripeInvalidGrantError');
});

test('the token errors are those of OAuth', async () => {
    const unknown = { grant_type: 'authorization_code', code: 'ac_unknown' };
    assert.equal((await failure(stripe.oauth.token(unknown))).type, 'StripeInvalidGrantError');
    const grant = await failure(stripe.oauth.token({ grant_type: 'password', code: 'ac_1' }));
    assert.equal(grant.type, 'StripeUnsupportedGrantTypeError');
    const empty = await failure(stripe.oauth.token({ grant_type: 'authorization_code' }));
    assert.equal(empty.type, 'StripeOAuthInvalidRequestError');
    const wrong = sim.client({}, 'sk_test_paysync_wrong0000000');
    assert.equal((await failure(wrong.oauth.token(unknown))).type, 'StripeInvalidClientError');
});

test('deauthorizes a connected account, once', async () => {
    const { stripe_user_id: id } = await connect();
    const params = { client_id: CLIENT_ID, stripe_user_id: id };
    assert.deepEqual({ ...(await stripe.oauth.deauthorize({ ...params })) }, { stripe_user_id: id });
    const gone = await failure(stripe.charges.list({}, { stripeAccount: id }));
    assert.equal(gone.type, 'StripePermissionError');
    assert.equal(gone.code, 'account_invalid');
    assert.ok(!gone.message.includes(KEY), 'the message must not show the key');
    assert.ok(!ids(await collect(stripe.accounts.list({ limit: 100 }))).includes(id));
    const twice = await failure(stripe.oauth.deauthorize({ ...params }));
    assert.equal(twice.type, 'StripeOAuthInvalidRequestError');
    const stranger = await failure(stripe.oauth.deauthorize({ ...params, client_id: 'ca_other' }));
    assert.equal(stranger.type, 'StripeInvalidClientError');
    assert.equal(stranger.statusCode, 401);
});

test('connects the same account again', async () => {
    const { stripe_user_id: id } = await connect();
    await stripe.oauth.deauthorize({ client_id: CLIENT_ID, stripe_user_id: id });
    assert.equal((await connect(id)).stripe_user_id, id);
    assert.equal((await stripe.accounts.retrieve(id)).id, id);
});
