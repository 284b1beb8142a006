// SPDX-License-Identifier: MIT
// One payment request from Node with the package pg, as a member of pay_app.
// usage: node request_payment.mjs COMPANY EMAIL INVOICE; the connection comes from PGHOST, PGUSER, …
import pg from "pg";

const WAITING = ["queued", "ready", "sending", "committing"];

/** Requests 42.50 dollars. A second call with the same invoice returns the same id and sends nothing. */
async function ask(client, company, email, invoice) {
    const { rows } = await client.query(
        `SELECT pay.request_payment($1, $2, 4250, 'usd', $3, request_key => $4, metadata => $5) AS id`,
        [company, email, `Invoice ${invoice}`, `node-invoice-${invoice}`, { order: 17 }]);
    return rows[0].id;
}

/** Waits until the message is sent or has failed. NOTIFY only shortens the wait; rely on polling. */
async function sent(client, id, seconds = 30) {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        const { rows } = await client.query("SELECT * FROM pay.request_status($1)", [id]);
        if (!WAITING.includes(rows[0].delivery) || Date.now() > deadline) return rows[0];
        await new Promise((resolve) => {
            const timer = setTimeout(resolve, 1000);
            client.once("notification", () => { clearTimeout(timer); resolve(); });
        });
    }
}

const [company, email, invoice] = process.argv.slice(2);
const client = new pg.Client();
await client.connect();
try {
    await client.query("LISTEN pay_request_changed");
    const id = await ask(client, company, email, invoice);
    if ((await ask(client, company, email, invoice)) !== id) throw new Error("a request key stands for one request");
    const { state, delivery, amount_decimal, currency } = await sent(client, id);
    console.log([state, delivery, amount_decimal, currency].join("|"));
    // PY400: an argument breaks a rule. The constraint field has the name of the rule, the message an explanation.
    const refused = await client.query("SELECT pay.request_payment($1, 'no address', 4250, 'usd', 'Invoice')", [company])
        .catch((error) => error);
    console.log([refused.code, refused.constraint].join("|"));
} finally {
    await client.end();
}
