# SPDX-License-Identifier: MIT
"""One payment request from Python with psycopg 3, as a member of pay_app.

usage: request_payment.py COMPANY EMAIL INVOICE; the connection comes from libpq's environment (PGHOST, PGUSER, …).
"""
import datetime
import select
import sys
import time

import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

WAITING = ("queued", "ready", "sending", "committing")


def ask(connection, company, email, invoice):
    """Requests 42.50 dollars. A second call with the same invoice returns the same id and sends nothing."""
    return connection.execute(
        """SELECT pay.request_payment(%(company)s, %(email)s, 4250, 'usd', %(words)s, request_key => %(key)s,
                                      due_on => %(due_on)s, metadata => %(metadata)s)""",
        {"company": company, "email": email, "words": f"Invoice {invoice}", "key": f"python-invoice-{invoice}",
         "due_on": datetime.date(2199, 12, 31), "metadata": Jsonb({"order": 17})}).fetchone()[0]


def sent(connection, request_id, seconds=30):
    """Waits until the message is sent or has failed. NOTIFY only shortens the wait; rely on polling."""
    deadline = time.monotonic() + seconds
    while True:
        status = connection.execute("SELECT * FROM pay.request_status(%s)", [request_id]).fetchone()
        if status.delivery not in WAITING or time.monotonic() > deadline:
            return status
        select.select([connection], [], [], 1)


def main():
    company, email, invoice = sys.argv[1:]
    with psycopg.connect(autocommit=True, row_factory=namedtuple_row) as connection:
        connection.execute("LISTEN pay_request_changed")
        request_id = ask(connection, company, email, invoice)
        assert ask(connection, company, email, invoice) == request_id
        status = sent(connection, request_id)
        print(status.state, status.delivery, status.amount_decimal, status.currency, sep="|")
        try:
            connection.execute("SELECT pay.request_payment(%s, 'no address', 4250, 'usd', 'Invoice')", [company])
        except psycopg.Error as error:
            # PY400: an argument breaks a rule. The constraint field has the name of the rule, the message an explanation.
            print(error.sqlstate, error.diag.constraint_name, sep="|")


if __name__ == "__main__":
    main()
