// SPDX-License-Identifier: MIT
// Every object that the simulator returns, in many states, is valid by Stripe's schema.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { answerFaults, faultsOf, spec } from '../support/schema.js';
import { Simulator } from '../support/simulator.js';
import { makeAccounts, makeMoney } from '../support/states.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;
const accounts = await makeAccounts(sim);
const seller = accounts['express, enabled'];
await makeMoney(sim, seller);

/** The kinds of objects that were checked, to find one that was forgotten. */
const checked = new Map();

function conforms(kind, object, what) {
    checked.set(kind, (checked.get(kind) ?? 0) + 1);
    assert.deepEqual(faultsOf(kind, object), [], `${what}: ${JSON.stringify(object)}`);
}

async function all(path, account = seller, params = '') {
    const out = [];
    for (let cursor = ''; ;) {
        const form = `limit=100${params && `&${params}`}${cursor && `&starting_after=${cursor}`}`;
        const { status, body } = await sim.api('GET', path, form, account);
        assert.equal(status, 200, JSON.stringify(body));
        out.push(...body.data);
        if (!body.has_more) {
            return out;
        }
        cursor = body.data.at(-1).id;
    }
}

for (const [state, id] of Object.entries(accounts)) {
    test(`an account: ${state}`, async () => {
        const { body } = await sim.api('GET', `/v1/accounts/${id}`);
        conforms('account', body, state);
        const own = await sim.api('GET', '/v1/account', '', id);
        conforms('account', own.body, state);
        for (const capability of (await sim.api('GET', `/v1/accounts/${id}/capabilities`)).body.data) {
            conforms('capability', capability, `${state} ${capability.id}`);
        }
    });
}

test('the platform and a deleted account', async () => {
    conforms('account', (await sim.api('GET', '/v1/account')).body, 'the platform');
    const { id } = await stripe.accounts.create({ email: 'gone@example.com' });
    conforms('deleted_account', (await sim.api('DELETE', `/v1/accounts/${id}`)).body, 'deleted');
});

test('an account link', async () => {
    const { body } = await sim.api('POST', '/v1/account_links',
        `account=${accounts['standard, new']}&type=account_onboarding&refresh_url=https://p.example`
            + '&return_url=https://p.example');
    conforms('account_link', body, 'link');
});

test('an account session and a login link', async () => {
    const session = await sim.api('POST', '/v1/account_sessions',
        `account=${seller}&components[account_onboarding][enabled]=true`);
    conforms('account_session', session.body, 'session');
    conforms('login_link', (await sim.api('POST', `/v1/accounts/${seller}/login_links`)).body, 'login');
});

const COLLECTIONS = {
    '/v1/charges': ['charge', ['balance_transaction', 'refunds', 'application', 'application_fee', 'payment_intent',
        'failure_balance_transaction']],
    '/v1/payment_intents': ['payment_intent', ['latest_charge', 'latest_charge.balance_transaction', 'application']],
    '/v1/refunds': ['refund', ['charge', 'payment_intent', 'balance_transaction', 'failure_balance_transaction']],
    '/v1/disputes': ['dispute', ['charge', 'payment_intent']],
    '/v1/balance_transactions': ['balance_transaction', ['source']],
    '/v1/payouts': ['payout', ['balance_transaction', 'failure_balance_transaction', 'destination']],
    '/v1/transfers': ['transfer', ['balance_transaction', 'destination', 'destination_payment', 'source_transaction']],
    '/v1/payment_links': ['payment_link', ['line_items', 'application']],
    '/v1/checkout/sessions': ['checkout.session', ['line_items', 'payment_intent', 'payment_link']],
};

for (const [path, [kind, expansions]] of Object.entries(COLLECTIONS)) {
    test(`${kind} in every state, expanded too`, async () => {
        let count = 0;
        for (const account of [seller, null]) {
            for (const object of await all(path, account)) {
                count += 1;
                conforms(kind, object, object.status);
            }
            for (const expansion of expansions) {
                for (const object of await all(path, account, `expand[]=data.${expansion}`)) {
                    conforms(kind, object, `expanded ${expansion}`);
                    const inner = object[expansion];
                    if (typeof inner === 'object' && inner?.object && inner.object in spec.components.schemas) {
                        conforms(inner.object, inner, `${kind} ${expansion}`);
                    }
                }
            }
        }
        assert.ok(count > 0, kind);
    });
}

test('the states that have to be there are there', async () => {
    const states = async (path) => new Set((await all(path)).map((object) => object.status));
    const has = async (path, ...wanted) => {
        const found = await states(path);
        assert.deepEqual(wanted.filter((status) => !found.has(status)), [], path);
    };
    await has('/v1/charges', 'pending', 'succeeded', 'failed');
    await has('/v1/payment_intents', 'processing', 'succeeded', 'requires_payment_method');
    await has('/v1/refunds', 'pending', 'succeeded', 'failed', 'canceled');
    await has('/v1/disputes', 'needs_response', 'won', 'lost', 'warning_closed');
    await has('/v1/payouts', 'paid', 'failed', 'canceled');
    await has('/v1/checkout/sessions', 'open', 'complete', 'expired');
    await has('/v1/balance_transactions', 'available');
});

test('line items, with their price and product', async () => {
    for (const link of await all('/v1/payment_links')) {
        for (const item of await all(`/v1/payment_links/${link.id}/line_items`)) {
            conforms('item', item, link.id);
            conforms('price', item.price, link.id);
        }
    }
});

test('application fees, on the platform', async () => {
    for (const expansion of ['', 'expand[]=data.account', 'expand[]=data.application',
        'expand[]=data.balance_transaction', 'expand[]=data.originating_transaction']) {
        const fees = await all('/v1/application_fees', null, expansion);
        assert.ok(fees.length > 0);
        for (const fee of fees) {
            conforms('application_fee', fee, expansion);
            for (const refund of fee.refunds.data) {
                conforms('fee_refund', refund, fee.id);
            }
        }
    }
});

test('balances', async () => {
    for (const account of [undefined, ...Object.values(accounts)]) {
        conforms('balance', (await sim.api('GET', '/v1/balance', '', account)).body, account);
    }
});

test('an event of every type that happened, with its object', async () => {
    const events = [...await all('/v1/events'), ...await all('/v1/events', null)];
    for (const id of Object.values(accounts)) {
        events.push(...await all('/v1/events', id));
    }
    const types = new Set(events.map((event) => event.type));
    for (const type of ['account.updated', 'charge.succeeded', 'charge.failed', 'charge.pending', 'charge.refunded',
        'refund.created', 'refund.failed', 'charge.dispute.created', 'charge.dispute.closed',
        'charge.dispute.funds_withdrawn', 'charge.dispute.funds_reinstated', 'checkout.session.completed',
        'checkout.session.async_payment_succeeded', 'checkout.session.async_payment_failed', 'payout.created',
        'payout.paid', 'payout.failed', 'payout.canceled', 'payout.reconciliation_completed',
        'application_fee.created']) {
        assert.ok(types.has(type), type);
    }
    for (const event of events) {
        conforms('event', event, event.type);
        const { object } = event.data;
        conforms(object.object, object, `${event.type} data`);
    }
});

test('every list, as its operation promises', async () => {
    const lists = ['/v1/accounts', '/v1/charges', '/v1/payment_intents', '/v1/refunds', '/v1/disputes', '/v1/payouts',
        '/v1/balance_transactions', '/v1/application_fees', '/v1/events', '/v1/payment_links', '/v1/checkout/sessions'];
    for (const path of lists) {
        const platform = ['/v1/accounts', '/v1/application_fees'].includes(path);
        for (const limit of [1, 100]) {
            const { body } = await sim.api('GET', path, `limit=${limit}`, platform ? undefined : seller);
            assert.equal(body.url, path);
            assert.deepEqual(answerFaults('get', path, body), [], path);
        }
    }
});

test('errors of every kind', async () => {
    const calls = {
        unknown: ['GET', '/v1/charges/ch_x'],
        parameter: ['GET', '/v1/charges', 'nonsense=1'],
        path: ['GET', '/v1/nonsense'],
        account: ['GET', '/v1/charges', '', 'acct_x'],
        missing: ['POST', '/v1/account_links'],
        refund: ['POST', '/v1/refunds', 'charge=ch_x', seller],
    };
    for (const [what, call] of Object.entries(calls)) {
        const { status, body } = await sim.api(...call);
        assert.ok(status >= 400, what);
        conforms('error', body, what);
    }
    for (const status of [400, 401, 402, 403, 404, 409, 424, 429, 500, 503]) {
        await sim.fault({ kind: 'status', path: '/v1/balance', status });
        conforms('error', (await sim.api('GET', '/v1/balance')).body, String(status));
    }
});

after(() => {
    const forgotten = ['account', 'deleted_account', 'capability', 'account_link', 'payment_link', 'item',
        'checkout.session', 'charge', 'payment_intent', 'refund', 'dispute', 'balance_transaction', 'payout',
        'application_fee', 'balance', 'event', 'application', 'price', 'error', 'transfer', 'fee_refund',
        'account_session', 'login_link'].filter((kind) => !checked.has(kind));
    assert.deepEqual(forgotten, [], 'kinds that no test looked at');
});
