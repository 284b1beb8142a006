// SPDX-License-Identifier: MIT
// Values that were set are shown, in the form of Stripe's schema.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { faultsOf } from '../support/schema.js';
import { Simulator, linkParams } from '../support/simulator.js';

const sim = await Simulator.start();
after(() => sim.stop());
const { stripe } = sim;
const stripeAccount = await sim.enabledAccount();
const acting = { stripeAccount };

/** Asserts that the object has all values that were set; it may have others. */
function shows(object, set, place = '') {
    for (const [name, value] of Object.entries(set)) {
        const at = `${place}.${name}`;
        if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
            assert.equal(typeof object?.[name], 'object', at);
            shows(object[name], value, at);
        } else if (Array.isArray(value) && typeof value[0] === 'object') {
            value.forEach((each, index) => shows(object[name][index], each, `${at}[${index}]`));
        } else {
            assert.deepEqual(object[name], value, at);
        }
    }
}

const SETTINGS = {
    branding: { primary_color: '#112233', secondary_color: '#445566' },
    card_payments: { decline_on: { avs_failure: true, cvc_failure: true }, statement_descriptor_prefix: 'SHOP' },
    payments: { statement_descriptor: 'SHOP', statement_descriptor_kana: 'ショップ' },
    payouts: {
        debit_negative_balances: false, statement_descriptor: 'SHOP PAYOUT',
        schedule: { interval: 'weekly', weekly_anchor: 'friday', delay_days: 7 },
    },
};
const PROFILE = {
    annual_revenue: { amount: 100, currency: 'usd', fiscal_year_end: '2025-12-31' },
    estimated_worker_count: 3, mcc: '5734', name: 'Büro 😀', product_description: 'Paper',
    url: 'https://shop.example',
    monthly_estimated_revenue: { amount: 10, currency: 'usd' },
    minority_owned_business_designation: ['none_of_these_apply'],
    support_address: { city: 'Köln', country: 'DE', line1: 'Ring 1', line2: '2', postal_code: '50667', state: 'NW' },
    support_email: 'help@shop.example', support_phone: '+4922112345', support_url: 'https://shop.example/help',
};

test('an account shows what was set at its creation and by an update', async () => {
    const params = {
        business_profile: PROFILE, business_type: 'company', default_currency: 'usd',
        email: 'a+b@c.d', metadata: { key: 'value' }, settings: SETTINGS,
    };
    const made = await stripe.accounts.create({ country: 'US', ...params });
    const updated = await stripe.accounts.update((await stripe.accounts.create({})).id, params);
    for (const { id } of [made, updated]) {
        const { body } = await sim.api('GET', `/v1/accounts/${id}`);
        shows(body, params);
        assert.deepEqual(faultsOf('account', body), []);
    }
});

const LINK = {
    after_completion: { type: 'redirect', redirect: { url: 'https://shop.example' } },
    allow_promotion_codes: true,
    application_fee_amount: 100,
    automatic_tax: { enabled: true, liability: { type: 'self' } },
    billing_address_collection: 'required',
    consent_collection: { promotions: 'auto', terms_of_service: 'required' },
    custom_fields: [{
        key: 'size', label: { custom: 'Size', type: 'custom' }, type: 'dropdown',
        dropdown: { options: [{ label: 'Big', value: 'big' }] },
    }, { key: 'note', label: { custom: 'Note', type: 'custom' }, type: 'text', text: { maximum_length: 5 } }],
    custom_text: { submit: { message: 'Pay now' } },
    customer_creation: 'always',
    inactive_message: 'Gone',
    invoice_creation: {
        enabled: true,
        invoice_data: {
            description: 'Invoice', footer: 'Thanks', custom_fields: [{ name: 'PO', value: '1' }],
            issuer: { type: 'self' }, metadata: { a: 'b' },
            rendering_options: { amount_tax_display: 'exclude_tax' },
        },
    },
    metadata: { request_id: 'pr_1' },
    name_collection: { business: { enabled: true }, individual: { enabled: true, optional: true } },
    payment_intent_data: {
        description: 'Invoice', metadata: { request_id: 'pr_1' }, setup_future_usage: 'off_session',
        statement_descriptor_suffix: 'INV', transfer_group: 'group',
    },
    payment_method_types: ['card', 'us_bank_account'],
    phone_number_collection: { enabled: true },
    restrictions: { completed_sessions: { limit: 2 } },
    shipping_address_collection: { allowed_countries: ['DE', 'AT'] },
    submit_type: 'book',
    tax_id_collection: { enabled: true },
};

test('a payment link shows what was set at its creation and by an update', async () => {
    const line_items = [{
        ...linkParams().line_items[0],
        adjustable_quantity: { enabled: true, maximum: 5 },
    }];
    const made = await stripe.paymentLinks.create(
        { ...LINK, line_items, managed_payments: { enabled: false } }, acting);
    const plain = await sim.link(stripeAccount);
    await stripe.paymentLinks.update(plain.id, LINK, acting);
    for (const id of [made.id, plain.id]) {
        const { body } = await sim.api('GET', `/v1/payment_links/${id}`, '', stripeAccount);
        shows(body, LINK);
        assert.deepEqual(faultsOf('payment_link', body), []);
    }
    const { body } = await sim.api('GET', `/v1/payment_links/${made.id}/line_items`, '', stripeAccount);
    assert.deepEqual(body.data[0].adjustable_quantity, { enabled: true, maximum: 5, minimum: null });
    assert.deepEqual(faultsOf('item', body.data[0]), []);
});

test('a payment link is cleared member by member', async () => {
    const { id } = await stripe.paymentLinks.create({ ...LINK, line_items: linkParams().line_items }, acting);
    const cleared = ['application_fee_amount', 'custom_fields', 'inactive_message', 'metadata', 'name_collection',
        'payment_method_types', 'restrictions', 'shipping_address_collection'];
    await stripe.paymentLinks.update(id, Object.fromEntries(cleared.map((name) => [name, ''])), acting);
    const { body } = await sim.api('GET', `/v1/payment_links/${id}`, '', stripeAccount);
    assert.deepEqual(faultsOf('payment_link', body), []);
    for (const name of cleared) {
        const value = body[name];
        assert.ok(value === null || value === undefined || Object.keys(value).length === 0, name);
    }
});

test('a price may be a decimal of whole minor units', async () => {
    const price = { currency: 'usd', product_data: { name: 'Paper' } };
    const link = (price_data) => stripe.rawRequest(
        'POST', '/v1/payment_links', { line_items: [{ price_data, quantity: 1 }] }, acting);
    const { id } = await link({ ...price, unit_amount_decimal: '1250' });
    const { body } = await sim.api('GET', `/v1/payment_links/${id}/line_items`, '', stripeAccount);
    assert.equal(body.data[0].amount_total, 1250);
    await assert.rejects(link({ ...price, unit_amount_decimal: '1250.5' }),
        { param: 'line_items[0][price_data][unit_amount_decimal]' });
    await assert.rejects(link({ ...price, unit_amount_decimal: '1250', unit_amount: 1250 }), { statusCode: 400 });
    await assert.rejects(link(price), { code: 'parameter_missing' });
});
