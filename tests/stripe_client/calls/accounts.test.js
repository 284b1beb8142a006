// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Simulator, START, collect, failure, ids } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;

const EXPRESS = {
    controller: {
        fees: { payer: 'application' },
        losses: { payments: 'application' },
        stripe_dashboard: { type: 'express' },
    },
};

test('creates an account as the daemon does', async () => {
    const account = await stripe.accounts.create({
        country: 'DE',
        email: 'owner@example.com',
        controller: {
            stripe_dashboard: { type: 'full' },
            fees: { payer: 'account' },
            losses: { payments: 'stripe' },
            requirement_collection: 'stripe',
        },
        capabilities: { card_payments: { requested: true }, transfers: { requested: true } },
        business_profile: { name: 'Büro №1 😀', url: 'https://example.com' },
        metadata: { account_id: '42' },
    });
    assert.match(account.id, /^acct_/);
    assert.equal(account.object, 'account');
    assert.equal(account.country, 'DE');
    assert.equal(account.default_currency, 'eur');
    assert.equal(account.created, START);
    assert.equal(account.charges_enabled, false);
    assert.equal(account.details_submitted, false);
    assert.deepEqual(account.capabilities, { card_payments: 'inactive', transfers: 'inactive' });
    assert.equal(account.business_profile.name, 'Büro №1 😀');
    assert.deepEqual(account.metadata, { account_id: '42' });
    assert.equal(account.controller.losses.payments, 'stripe');
    assert.ok(account.requirements.currently_due.length > 0);
    assert.match(account.lastResponse.requestId, /^req_/);
});

test('creates accounts by their type too, and not by both', async () => {
    const express = await stripe.accounts.create({ type: 'express', country: 'US' });
    assert.equal(express.type, 'express');
    assert.equal(express.controller.stripe_dashboard.type, 'express');
    const error = await failure(stripe.accounts.create({ type: 'express', ...EXPRESS }));
    assert.equal(error.type, 'StripeInvalidRequestError');
});

test('retrieves another account and the own one', async () => {
    const id = await sim.enabledAccount();
    const account = await stripe.accounts.retrieve(id);
    assert.equal(account.id, id);
    assert.equal(account.charges_enabled, true);
    assert.equal(account.payouts_enabled, true);
    const platform = await stripe.accounts.retrieveCurrent();
    assert.notEqual(platform.id, id);
    assert.equal(platform.object, 'account');
    const itself = await stripe.accounts.retrieveCurrent({}, { stripeAccount: id });
    assert.equal(itself.id, id);
});

test('updates members and metadata', async () => {
    const { id } = await stripe.accounts.create({ ...EXPRESS, metadata: { kept: '1', gone: '2' } });
    const updated = await stripe.accounts.update(id, {
        email: 'a+b@c.d',
        metadata: { gone: '', added: 'line1\nline2' },
        settings: {
            branding: { primary_color: '#112233', secondary_color: '#445566' },
            payouts: { schedule: { interval: 'manual' } },
        },
    });
    assert.equal(updated.email, 'a+b@c.d');
    assert.deepEqual(updated.metadata, { kept: '1', added: 'line1\nline2' });
    assert.equal(updated.settings.branding.primary_color, '#112233');
    assert.equal(updated.settings.payouts.schedule.interval, 'manual');
    assert.deepEqual(await stripe.accounts.retrieve(id).then((a) => a.metadata), updated.metadata);
    const cleared = await stripe.accounts.update(id, { metadata: '' });
    assert.deepEqual(cleared.metadata, {});
});

test('lists the connected accounts, newest first, and walks all pages', async () => {
    await sim.advance(1000);
    const made = [];
    for (let i = 0; i < 12; ++i) {
        made.unshift(await stripe.accounts.create({ email: `owner${i}@example.com` }));
        await sim.advance(1);
    }
    const page = await stripe.accounts.list({ limit: 5 });
    assert.equal(page.object, 'list');
    assert.equal(page.url, '/v1/accounts');
    assert.equal(page.has_more, true);
    assert.deepEqual(ids(page.data), ids(made).slice(0, 5));
    const created = { gte: made[11].created, lte: made[0].created };
    assert.deepEqual(ids(await collect(stripe.accounts.list({ limit: 5, created }))), ids(made));
    const array = await stripe.accounts.list({ limit: 5, created }).autoPagingToArray({ limit: 8 });
    assert.deepEqual(ids(array), ids(made).slice(0, 8));
    const exact = await stripe.accounts.list({ created: made[3].created });
    assert.deepEqual(ids(exact.data), [made[3].id]);
});

test('deletes an account, which is then gone', async () => {
    const { id } = await stripe.accounts.create(EXPRESS);
    assert.deepEqual({ ...(await stripe.accounts.del(id)) }, { id, object: 'account', deleted: true });
    const error = await failure(stripe.accounts.retrieve(id));
    assert.equal(error.type, 'StripePermissionError');
    assert.equal(error.code, 'account_invalid');
    assert.equal(error.statusCode, 403);
    assert.ok(!ids(await collect(stripe.accounts.list({ limit: 100 }))).includes(id));
});

test('rejects an account whose losses the platform bears', async () => {
    const id = await sim.enabledAccount(EXPRESS);
    const rejected = await stripe.accounts.reject(id, { reason: 'terms_of_service' });
    assert.equal(rejected.charges_enabled, false);
    assert.equal(rejected.payouts_enabled, false);
    assert.match(rejected.requirements.disabled_reason, /^rejected\./);
    const standard = await sim.enabledAccount();
    const error = await failure(stripe.accounts.reject(standard, { reason: 'other' }));
    assert.equal(error.type, 'StripeInvalidRequestError');
    const unknown = await failure(stripe.accounts.reject(id, { reason: 'because' }));
    assert.equal(unknown.param, 'reason');
});

test('takes a rejection back', async () => {
    const id = await sim.enabledAccount(EXPRESS);
    await stripe.accounts.reject(id, { reason: 'other' });
    const back = await stripe.accounts.unreject(id);
    assert.doesNotMatch(String(back.requirements.disabled_reason), /^rejected\./);
    assert.equal(back.charges_enabled, true);
});

test('lists capabilities', async () => {
    const { id } = await stripe.accounts.create({
        ...EXPRESS, capabilities: { card_payments: { requested: true } },
    });
    const list = await stripe.accounts.listCapabilities(id);
    assert.deepEqual(ids(list.data), ['card_payments']);
    assert.equal(list.data[0].object, 'capability');
    assert.equal(list.data[0].status, 'inactive');
    assert.equal(list.data[0].account, id);
});

test('requests and retrieves a capability', async () => {
    const { id } = await stripe.accounts.create(EXPRESS);
    const requested = await stripe.accounts.updateCapability(id, 'transfers', { requested: true });
    assert.equal(requested.requested, true);
    const one = await stripe.accounts.retrieveCapability(id, 'transfers');
    assert.equal(one.id, 'transfers');
    assert.equal(one.requested, true);
});

test('uploads an icon and a logo for the hosted pages', async () => {
    const id = await sim.enabledAccount();
    // The head of a PNG of 256 by 256 pixels.
    const data = Buffer.from('89504e470d0a1a0a0000000d494844520000010000000100', 'hex');
    const upload = (purpose) => stripe.files.create(
        { purpose, file: { data, name: 'picture.png', type: 'image/png' } });
    const icon = await upload('business_icon');
    const logo = await upload('business_logo');
    assert.equal(icon.object, 'file');
    assert.equal(icon.purpose, 'business_icon');
    const account = await stripe.accounts.update(id, { settings: { branding: { icon: icon.id, logo: logo.id } } });
    assert.deepEqual([account.settings.branding.icon, account.settings.branding.logo], [icon.id, logo.id]);
    const error = await failure(stripe.accounts.update(id, { settings: { branding: { icon: 'file_unknown' } } }));
    assert.equal(error.code, 'resource_missing');
});

test('makes a login link and an account session', async () => {
    const id = await sim.enabledAccount(EXPRESS);
    const link = await stripe.accounts.createLoginLink(id);
    assert.equal(link.object, 'login_link');
    assert.match(link.url, /^http/);
    const session = await stripe.accountSessions.create({
        account: id, components: { account_onboarding: { enabled: true } },
    });
    assert.equal(session.object, 'account_session');
    assert.equal(session.account, id);
    assert.equal(typeof session.client_secret, 'string');
});
