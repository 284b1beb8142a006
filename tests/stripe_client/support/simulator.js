// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { Stripe } from './official.js';

export const KEY = 'sk_test_paysync_000000000000';
export const CLIENT_ID = 'ca_paysync00000000000000000000000';
export const VERSION = '2026-10-28.endive';
/** The Unix second at which the clock of every simulator starts. */
export const START = 1790000000;

/** A stripe_sim for one file of tests, with a stopped clock. */
export class Simulator {
    static async start(...options) {
        // setpriv ends the simulator also if this process is killed.
        const child = spawn(
            'setpriv',
            ['--pdeathsig', 'TERM', process.env.STRIPE_SIM, '--port', '0', '--seed', '7',
                '--stopped-clock', '--start-time', String(START), ...options],
            { stdio: ['ignore', 'pipe', 'inherit'] });
        const lines = createInterface({ input: child.stdout });
        const [line] = await Promise.race([
            once(lines, 'line'),
            once(child, 'exit').then(([code]) => [`it ended with ${code}`]),
        ]);
        const found = /listening on (http:\/\/([^:]+):(\d+))/.exec(line);
        assert.ok(found, `the simulator did not start: ${line}`);
        const simulator = new Simulator();
        simulator.child = child;
        [, simulator.url, simulator.host, simulator.port] = found;
        simulator.stripe = simulator.client();
        return simulator;
    }

    /** Ends it by SIGTERM; the exit code must be 0. */
    async stop() {
        this.child.kill('SIGTERM');
        const [code, signal] = await once(this.child, 'exit');
        assert.deepEqual([code, signal], [0, null], 'how the simulator ended');
    }

    /** An official client for this simulator. */
    client(config = {}, key = KEY) {
        return new Stripe(key, {
            host: this.host,
            port: Number(this.port),
            protocol: 'http',
            maxNetworkRetries: 0,
            // Telemetry writes a file to the home folder.
            telemetry: false,
            timeout: 60000,
            ...config,
        });
    }

    async #sim(method, path, body) {
        const response = await fetch(`${this.url}/_sim/${path}`,
            { method, body: body === undefined ? undefined : JSON.stringify(body) });
        const answer = await response.json();
        assert.equal(response.status, 200, `${method} _sim/${path}: ${JSON.stringify(answer)}`);
        return answer;
    }

    /** The raw answer of the API, without the client: {status, body, headers}. */
    async api(method, path, form = '', account = undefined) {
        const headers = { Authorization: `Bearer ${KEY}`, 'Stripe-Version': VERSION };
        if (account) {
            headers['Stripe-Account'] = account;
        }
        if (method === 'POST') {
            headers['Content-Type'] = 'application/x-www-form-urlencoded';
        }
        const inQuery = method !== 'POST' && form;
        const response = await fetch(this.url + path + (inQuery ? `?${form}` : ''),
            { method, headers, body: method === 'POST' ? form : undefined });
        return { status: response.status, body: await response.json(), headers: response.headers };
    }

    /** Scripts the simulator: `POST /_sim/path`. */
    script(path, body = {}) {
        return this.#sim('POST', path, body);
    }

    inspect(path) {
        return this.#sim('GET', path);
    }

    advance(seconds) {
        return this.script('clock', { advance: seconds });
    }

    fault(fault) {
        return this.script('faults', fault);
    }

    clearFaults() {
        return this.#sim('DELETE', 'faults');
    }

    /** The number of API calls with this method and path so far. */
    async requests(method, path) {
        const { requests } = await this.inspect(`requests?method=${method}&path=${path}`);
        return requests;
    }

    /** The id of a new account that can take payments. */
    async enabledAccount(more = {}) {
        const account = await this.script('accounts', { email: 'owner@example.com', enabled: true, ...more });
        return account.id;
    }

    /** A new payment link of the account. */
    link(account, more = {}) {
        return this.stripe.paymentLinks.create({ ...linkParams(), ...more }, { stripeAccount: account });
    }

    /** A new, paid link: {link, session, payment_intent, charge}. */
    async paid(account, more = {}, how = {}) {
        const link = await this.link(account, more);
        return { link, ...(await this.script('pay', { link: link.id, ...how })) };
    }
}

/** The daemon's parameters for a payment link. */
export function linkParams(amount = 2500, currency = 'usd') {
    return {
        line_items: [{
            price_data: { currency, unit_amount: amount, product_data: { name: 'Invoice 42' } },
            quantity: 1,
        }],
        metadata: { request_id: 'pr_1' },
        payment_intent_data: { metadata: { request_id: 'pr_1' } },
        restrictions: { completed_sessions: { limit: 1 } },
    };
}

/** The error with which the promise must be rejected. */
export async function failure(promise) {
    try {
        await promise;
    } catch (error) {
        return error;
    }
    return assert.fail('it succeeded');
}

/** All objects of a list, by the client's own auto-pagination. */
export async function collect(list, most = 5000) {
    const all = [];
    for await (const each of list) {
        all.push(each);
        assert.ok(all.length <= most, 'the pages never end');
    }
    return all;
}

export const ids = (objects) => objects.map((object) => object.id);
