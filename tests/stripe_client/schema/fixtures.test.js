// SPDX-License-Identifier: MIT
// Every member of the official example objects exists in the simulator's objects, with a compatible type.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { fixtures, spec } from '../support/schema.js';
import { Simulator } from '../support/simulator.js';
import { makeAccounts, makeMoney } from '../support/states.js';

const sim = await Simulator.start();
after(() => sim.stop());
const accounts = await makeAccounts(sim);
const seller = accounts['express, enabled'];
await makeMoney(sim, seller);

const list = async (path, account = seller, form = 'limit=100') =>
    (await sim.api('GET', path, form, account)).body.data;
const one = async (path, account = undefined, method = 'GET', form = '') =>
    [(await sim.api(method, path, form, account)).body];

/** The simulator's objects of each kind. Together, those of one kind must have all members of the example. */
const OBJECTS = {
    account: async () => (await Promise.all(Object.values(accounts).map((id) => one(`/v1/accounts/${id}`)))).flat(),
    account_session: () => one('/v1/account_sessions', undefined, 'POST',
        `account=${seller}&components[account_onboarding][enabled]=true`),
    account_link: () => one('/v1/account_links', undefined, 'POST', `account=${seller}&type=account_onboarding`
        + '&refresh_url=https://platform.example&return_url=https://platform.example'),
    application: async () => (await list('/v1/charges', seller, 'expand[]=data.application'))
        .map((charge) => charge.application).filter(Boolean),
    application_fee: () => list('/v1/application_fees', null),
    balance: () => one('/v1/balance'),
    balance_transaction: () => list('/v1/balance_transactions'),
    capability: async () => list(`/v1/accounts/${seller}/capabilities`, null, ''),
    charge: () => list('/v1/charges', seller, 'limit=100&expand[]=data.refunds'),
    'checkout.session': () => list('/v1/checkout/sessions'),
    deleted_account: async () => one(`/v1/accounts/${accounts['none, new']}`, undefined, 'DELETE'),
    dispute: () => list('/v1/disputes'),
    event: () => list('/v1/events'),
    fee_refund: async () => (await list('/v1/application_fees', null)).flatMap((fee) => fee.refunds.data),
    item: async () => list(`/v1/payment_links/${(await list('/v1/payment_links'))[0].id}/line_items`),
    login_link: () => one(`/v1/accounts/${seller}/login_links`, undefined, 'POST'),
    payment_intent: () => list('/v1/payment_intents'),
    payment_link: () => list('/v1/payment_links'),
    payout: () => list('/v1/payouts'),
    price: async () => (await OBJECTS.item()).map((item) => item.price),
    refund: () => list('/v1/refunds'),
    transfer: () => list('/v1/transfers', null),
};

/** Kinds that have an example but that the simulator does not send, with the reason. */
const NOT_SENT = {
    product: 'inline products cannot be read',
    webhook_endpoint: 'events are polled',
};

const kindOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** Whether Stripe's schema allows the member at this path to be missing or null. */
function schemaAt(kind, path) {
    let schemas = [spec.components.schemas[kind]];
    for (const name of path) {
        schemas = schemas.flatMap((schema) => alternatives(schema)).flatMap((schema) =>
            (name === '[]' ? [schema.items] : [schema.properties?.[name]])).filter(Boolean);
    }
    return schemas;
}

function alternatives(schema) {
    if (schema.$ref) {
        return alternatives(spec.components.schemas[schema.$ref.split('/').at(-1)]);
    }
    return schema.anyOf ? schema.anyOf.flatMap(alternatives) : [schema];
}

/** The differences between the example's member and the simulator's members at the same path. */
function differences(kind, path, example, values) {
    const place = path.join('.') || kind;
    const schemas = schemaAt(kind, path);
    if (path.length > 0 && schemas.length === 0) {
        // Removed by Stripe since the example was written.
        return [];
    }
    const present = values.filter((value) => value !== undefined);
    if (present.length === 0) {
        return [`${place} is missing`];
    }
    const wanted = kindOf(example);
    const nullable = schemas.some((schema) => schema.nullable);
    const found = present.filter((value) => value !== null);
    const odd = found.filter((value) => {
        const fits = kindOf(value) === wanted || wanted === 'null';
        // An expandable member is an id in one place and an object in another.
        const expanded = ['string', 'object'].includes(kindOf(value)) && ['string', 'object'].includes(wanted)
            && schemas.some((schema) => schema.anyOf);
        return !fits && !expanded;
    });
    if (odd.length > 0) {
        return [`${place} is ${wanted} in the example and ${kindOf(odd[0])} here`];
    }
    if (found.length < present.length && !nullable && wanted !== 'null') {
        return [`${place} is null here`];
    }
    const objects = found.filter((value) => kindOf(value) === 'object');
    if (wanted === 'object' && objects.length > 0) {
        return Object.entries(example).flatMap(([name, each]) =>
            differences(kind, [...path, name], each, objects.map((value) => value[name])));
    }
    const elements = found.filter((value) => kindOf(value) === 'array').flat();
    if (wanted === 'array' && example.length > 0 && elements.length > 0) {
        return differences(kind, [...path, '[]'], example[0], elements);
    }
    return [];
}

for (const [kind, example] of Object.entries(fixtures)) {
    test(`the example of ${kind}`, { skip: NOT_SENT[kind] }, async () => {
        const objects = await OBJECTS[kind]();
        assert.ok(objects.length > 0);
        const found = Object.entries(example).flatMap(([name, each]) =>
            differences(kind, [name], each, objects.map((object) => object[name])));
        assert.deepEqual(found, []);
    });
}
