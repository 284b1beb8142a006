// SPDX-License-Identifier: MIT
// A world with objects of every kind in all states of the simulator.
import { linkParams } from './simulator.js';

const DAY = 24 * 3600;

const KINDS = {
    standard: {},
    express: {
        controller: {
            fees: { payer: 'application' }, losses: { payments: 'application' },
            stripe_dashboard: { type: 'express' },
        },
    },
    none: {
        controller: {
            fees: { payer: 'application' }, losses: { payments: 'application' },
            stripe_dashboard: { type: 'none' }, requirement_collection: 'application',
        },
        capabilities: { card_payments: { requested: true }, transfers: { requested: true } },
    },
};

/** Accounts of each kind at each stage: returns a map of a state's name to the id. */
export async function makeAccounts(sim) {
    const { stripe } = sim;
    const made = {};
    for (const [kind, params] of Object.entries(KINDS)) {
        const create = (more = {}) => stripe.accounts.create({
            country: 'US', email: 'owner@example.com', business_type: 'company',
            business_profile: { name: 'Shop', mcc: '5734', url: 'https://shop.example' },
            settings: { branding: { primary_color: '#112233' } },
            metadata: { kind }, ...params, ...more,
        });
        made[`${kind}, new`] = (await create()).id;
        const enabled = (await create()).id;
        await sim.script(`accounts/${enabled}`, { action: 'complete_onboarding' });
        made[`${kind}, enabled`] = enabled;
        const reviewed = (await create()).id;
        await sim.script(`accounts/${reviewed}`, { action: 'complete_onboarding', review_seconds: 3600 });
        made[`${kind}, in review`] = reviewed;
        if (kind !== 'standard') {
            const rejected = (await create()).id;
            await stripe.accounts.reject(rejected, { reason: 'fraud_other' });
            made[`${kind}, rejected`] = rejected;
        }
    }
    for (const type of ['standard', 'express', 'custom']) {
        const capabilities = { transfers: { requested: true } };
        made[`by type ${type}`] = (await stripe.accounts.create({ type, country: 'DE', capabilities })).id;
    }
    return made;
}

/** Makes payments, refunds, disputes and payouts on an account. */
export async function makeMoney(sim, account) {
    const { stripe } = sim;
    const acting = { stripeAccount: account };
    const pay = (more, how) => sim.paid(account, more, { email: 'buyer@example.com', name: 'Buyer', ...how });
    const plain = await pay({ application_fee_amount: 100 });
    for (const outcome of ['declined', 'insufficient_funds', 'delayed']) {
        await pay({}, { outcome });
    }
    for (const outcome of ['ok', 'failed']) {
        const { charge } = await pay({}, { outcome: 'delayed' });
        await sim.script('settle', { charge, outcome });
    }
    await stripe.refunds.create(
        { charge: plain.charge, amount: 300, reason: 'duplicate', metadata: { a: 'b' } }, acting);
    const shared = await pay({ application_fee_amount: 100 });
    await stripe.refunds.create({ charge: shared.charge, amount: 1000, refund_application_fee: true }, acting);
    // The payment methods whose details are in the schema.
    for (const method of ['mastercard', 'apple_pay', 'link', 'sepa_debit', 'us_bank_account']) {
        await pay({}, { method });
    }
    const destination = await stripe.paymentLinks.create(
        { ...linkParams(), application_fee_amount: 50, transfer_data: { destination: account } });
    await sim.script('pay', { link: destination.id });
    for (const status of ['pending', 'succeeded', 'failed', 'canceled']) {
        const { charge } = await pay({});
        const { id } = await sim.script('refund', { account, charge, status: 'pending' });
        if (status !== 'pending') {
            await sim.script('refund/update', { refund: id, status });
        }
    }
    for (const statuses of [['needs_response', 'under_review', 'won'], ['needs_response', 'lost'],
        ['warning_needs_response', 'warning_under_review', 'warning_closed'], ['needs_response']]) {
        const { charge } = await pay({});
        const { id } = await sim.script('dispute', { charge, status: statuses[0] });
        for (const status of statuses.slice(1)) {
            await sim.script('dispute/update', { dispute: id, status });
        }
    }
    await sim.advance(3 * DAY);
    for (const status of ['in_transit', 'paid', 'failed', 'canceled']) {
        const { id } = await sim.script('payout', { account, automatic: false, amount: 200 });
        if (status !== 'in_transit') {
            await sim.script('payout/update', { payout: id, status });
        }
    }
    await sim.script('payout', { account, status: 'paid' });
    const open = await sim.link(account, {
        after_completion: { type: 'redirect', redirect: { url: 'https://platform.example' } },
        inactive_message: 'Gone',
        payment_method_types: ['card'],
        payment_intent_data: { ...linkParams().payment_intent_data, description: 'Invoice' },
    });
    await fetch(open.url);
    const expired = await sim.link(account);
    await fetch(expired.url);
    await sim.advance(DAY);
    await stripe.paymentLinks.update(open.id, { active: false }, acting);
    const unrestricted = await sim.link(account, { restrictions: undefined, metadata: undefined });
    await fetch(unrestricted.url);
}
