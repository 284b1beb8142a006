// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';

import { Simulator, collect, failure, ids, linkParams } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
afterEach(() => sim.clearFaults());
const { stripe } = sim;
const { accounts, accountLinks } = stripe.v2.core;
const INCLUDE = ['configuration.merchant', 'configuration.recipient', 'defaults', 'identity', 'requirements',
    'future_requirements'];

const MERCHANT = {
    contact_email: 'shop@example.com',
    display_name: 'Büro №1 😀',
    dashboard: 'express',
    identity: { country: 'DE', entity_type: 'company' },
    defaults: {
        currency: 'eur', responsibilities: { fees_collector: 'application', losses_collector: 'application' },
    },
    configuration: {
        merchant: {
            capabilities: { card_payments: { requested: true } }, branding: { primary_color: '#112233' },
        },
        recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } },
    },
    metadata: { account_id: '42' },
};

test('creates an account, with the sections that are asked for', async () => {
    const account = await accounts.create({ ...MERCHANT, include: INCLUDE });
    assert.match(account.id, /^acct_/);
    assert.equal(account.object, 'v2.core.account');
    assert.match(account.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(account.display_name, 'Büro №1 😀');
    assert.equal(account.livemode, false);
    assert.equal(account.closed, false);
    assert.equal(account.dashboard, 'express');
    assert.deepEqual(account.metadata, { account_id: '42' });
    assert.equal(account.identity.country.toLowerCase(), 'de');
    assert.equal(account.defaults.currency, 'eur');
    assert.equal(account.defaults.responsibilities.losses_collector, 'application');
    assert.equal(account.configuration.merchant.branding.primary_color, '#112233');
    assert.equal(typeof account.configuration.merchant.capabilities.card_payments.status, 'string');
    assert.ok(account.requirements.entries.length > 0);
    for (const entry of account.requirements.entries) {
        assert.ok(['stripe', 'user'].includes(entry.awaiting_action_from));
        assert.ok(['currently_due', 'eventually_due', 'past_due'].includes(entry.minimum_deadline.status));
    }
});

test('retrieves an account, without sections unless asked', async () => {
    const { id } = await accounts.create(MERCHANT);
    const bare = await accounts.retrieve(id);
    assert.deepEqual([bare.configuration, bare.requirements, bare.identity, bare.defaults],
        [null, null, null, null]);
    const whole = await accounts.retrieve(id, { include: INCLUDE });
    assert.equal(whole.identity.entity_type, 'company');
    assert.ok(whole.requirements.entries.length > 0);
    assert.ok(whole.future_requirements);
});

test('updates an account', async () => {
    const { id } = await accounts.create(MERCHANT);
    const updated = await accounts.update(id, {
        display_name: 'New', metadata: { account_id: null, note: 'line1\nline2' },
        configuration: { merchant: { branding: { primary_color: '#445566' } } },
        include: ['configuration.merchant'],
    });
    assert.equal(updated.display_name, 'New');
    assert.deepEqual(updated.metadata, { note: 'line1\nline2' });
    assert.equal(updated.configuration.merchant.branding.primary_color, '#445566');
});

test('lists accounts, and walks all pages', async () => {
    const made = [];
    for (let i = 0; i < 7; ++i) {
        made.unshift((await accounts.create({ contact_email: `owner${i}@example.com` })).id);
        await sim.advance(1);
    }
    const page = await accounts.list({ limit: 3 });
    assert.equal(page.data.length, 3);
    assert.match(page.next_page_url, /^\/v2\/core\/accounts/);
    assert.equal(page.previous_page_url, null);
    const walked = ids(await collect(accounts.list({ limit: 3 })));
    assert.deepEqual(walked.slice(0, 7), made);
    assert.equal(new Set(walked).size, walked.length);
    const recipients = ids(await collect(accounts.list({ limit: 3, applied_configurations: ['recipient'] })));
    assert.ok(recipients.length > 0);
    assert.ok(!recipients.some((id) => made.includes(id)));
});

test('closes an account, which is then listed as closed', async () => {
    const { id } = await accounts.create(MERCHANT);
    const some = await failure(accounts.close(id, { applied_configurations: ['merchant'] }));
    assert.equal(some.statusCode, 400);
    const closed = await accounts.close(id, { applied_configurations: ['merchant', 'recipient'] });
    assert.equal(closed.closed, true);
    assert.equal((await accounts.retrieve(id)).closed, true);
    assert.ok(!ids(await collect(accounts.list({ limit: 100 }))).includes(id));
    assert.ok(ids(await collect(accounts.list({ limit: 100, closed: true }))).includes(id));
});

test('makes an account link that opens once', async () => {
    const { id } = await accounts.create(MERCHANT);
    const link = await accountLinks.create({
        account: id,
        use_case: {
            type: 'account_onboarding',
            account_onboarding: {
                refresh_url: 'https://platform.example/refresh',
                return_url: 'https://platform.example/return',
                collection_options: { fields: 'eventually_due', future_requirements: 'include' },
            },
        },
    });
    assert.equal(link.account, id);
    assert.equal(link.use_case.type, 'account_onboarding');
    assert.ok(Date.parse(link.expires_at) > Date.parse(link.created));
    assert.equal((await fetch(link.url, { redirect: 'manual' })).status, 200);
    const again = await fetch(link.url, { redirect: 'manual' });
    assert.equal(again.headers.get('location'), 'https://platform.example/refresh');
});

test('an account of v2 takes payments through v1', async () => {
    const { id } = await accounts.create(MERCHANT);
    await sim.script(`accounts/${id}`, { action: 'complete_onboarding' });
    const { configuration } = await accounts.retrieve(id, { include: ['configuration.merchant'] });
    assert.equal(configuration.merchant.capabilities.card_payments.status, 'active');
    const v1 = await stripe.accounts.retrieve(id);
    assert.deepEqual([v1.charges_enabled, v1.email], [true, 'shop@example.com']);
    const link = await stripe.paymentLinks.create(linkParams(), { stripeAccount: id });
    assert.match(link.id, /^plink_/);
});

test('lists thin events and retrieves what they are about', async () => {
    const { id } = await accounts.create(MERCHANT);
    await sim.script(`accounts/${id}`, { action: 'complete_onboarding' });
    const events = await collect(stripe.v2.core.events.list({ object_id: id, limit: 2 }));
    assert.ok(events.length > 0);
    const types = events.map((event) => event.type);
    assert.ok(types.some((type) => /capability_status_updated$/.test(type)), types.join());
    const event = await stripe.v2.core.events.retrieve(events[0].id);
    assert.equal(event.object, 'v2.core.event');
    assert.equal(event.related_object.id, id);
    assert.equal((await event.fetchRelatedObject()).id, id);
    const some = await collect(stripe.v2.core.events.list({ object_id: id, types: [types[0]] }));
    assert.deepEqual([...new Set(some.map((each) => each.type))], [types[0]]);
});

test('bad fields are an invalid request', async () => {
    for (const params of [{ colour: 'red' }, { dashboard: 'big' }, { identity: { planet: 'earth' } }]) {
        const error = await failure(accounts.create(params));
        assert.equal(error.type, 'StripeInvalidRequestError');
        assert.equal(error.code, 'invalid_fields');
        assert.equal(error.statusCode, 400);
    }
    const unknown = await failure(accounts.retrieve('acct_unknown'));
    assert.equal(unknown.code, 'account_invalid');
});

test('a key repeats the answer, for thirty days', async () => {
    const options = { idempotencyKey: 'v2-key-1' };
    const first = await accounts.create(MERCHANT, options);
    await sim.advance(29 * 24 * 3600);
    assert.equal((await accounts.create(MERCHANT, options)).id, first.id);
    await sim.advance(24 * 3600);
    assert.notEqual((await accounts.create(MERCHANT, options)).id, first.id);
});

test('the client tries again after a 500 with the same key', async () => {
    await sim.fault({ kind: 'status', status: 500, method: 'POST', path: '/v2/core/accounts' });
    const before = (await sim.requests('POST', '/v2/core/accounts')).length;
    const patient = sim.client({ maxNetworkRetries: 1 });
    await patient.v2.core.accounts.create(MERCHANT);
    const sent = (await sim.requests('POST', '/v2/core/accounts')).slice(before);
    assert.equal(sent.length, 2);
    assert.equal(sent[0].idempotency_key, sent[1].idempotency_key);
});
