#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""smtplib_client.py SMTP_SIM: tests the program smtp_sim with an independent client, Python's smtplib.

It uses STARTTLS and implicit TLS with the test CA, and the control port. Exits with 1 if a check fails.
"""
import base64
import json
import pathlib
import smtplib
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import urllib.request

PROGRAM = sys.argv.pop(1)
USER, PASSWORD, TOKEN = "mailer", "paysync-fake-password", "paysync-fake-token"
HEADER = "X-Paysync-Request"
BODY = "\r\n".join([f"{HEADER}: 7", "Subject: Rechnung", "", ".", "..two", "Grüße 🥐", "", "end", ""])


class Simulator:
    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(self.folder.name)
        (path / "password").write_text(PASSWORD + "\n")
        (path / "token").write_text(TOKEN + "\n")
        self.process = subprocess.Popen(
            [PROGRAM, "--port", "0", "--control-port", "0", "--make-ca", str(path / "ca"), "--user", USER,
             "--password-file", str(path / "password"), "--token-file", str(path / "token"), *options],
            stdout=subprocess.PIPE, text=True)
        self.control = self.process.stdout.readline().split()[-1]
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[-1])
        self.trust = ssl.create_default_context(cafile=path / "ca" / "ca.pem")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(timeout=60) == 0
        self.process.stdout.close()
        self.folder.cleanup()

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(self.control + path, data=data, method=method)
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def mails(self, value):
        return self.call("GET", f"/messages?header={HEADER}&value={urllib.parse.quote(value)}")

    def client(self, trust=None):
        """Connected and inside TLS, by STARTTLS."""
        client = smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.test", timeout=60)
        try:
            client.starttls(context=trust or self.trust)
        except Exception:
            client.close()
            raise
        return client

    def logged_in(self):
        client = self.client()
        client.login(USER, PASSWORD)
        return client


def log_in(client, mechanism, user, secret):
    client.ehlo_or_helo_if_needed()
    client.user, client.password = user, secret
    bearer = f"user={user}\x01auth=Bearer {secret}\x01\x01"
    ways = {"PLAIN": client.auth_plain, "LOGIN": client.auth_login,
            "XOAUTH2": lambda challenge=None: "" if challenge else bearer}
    return client.auth(mechanism, ways[mechanism])[0]


class Smtplib(unittest.TestCase):
    def test_starttls_offers_and_logs_in(self):
        with Simulator("--tls", "starttls", "--require-tls", "--size", "5000") as sim:
            client = smtplib.SMTP("127.0.0.1", sim.port, timeout=60)
            client.ehlo()
            self.assertTrue(client.has_extn("starttls"))
            self.assertFalse(client.has_extn("auth"))
            client.starttls(context=sim.trust)
            client.ehlo()
            self.assertFalse(client.has_extn("starttls"))
            for extension in ("8bitmime", "smtputf8", "pipelining"):
                self.assertTrue(client.has_extn(extension), extension)
            self.assertEqual(client.esmtp_features["size"], "5000")
            self.assertEqual(client.esmtp_features["auth"].split(), ["PLAIN", "LOGIN", "XOAUTH2"])
            client.quit()

    def test_every_mechanism_right_and_wrong(self):
        for way in ("starttls", "implicit"):
            with Simulator("--tls", way) as sim:
                for mechanism in ("PLAIN", "LOGIN", "XOAUTH2"):
                    right = TOKEN if mechanism == "XOAUTH2" else PASSWORD
                    client = sim.client() if way == "starttls" else smtplib.SMTP_SSL(
                        "127.0.0.1", sim.port, context=sim.trust, timeout=60)
                    for user, secret in ((USER, "wrong"), ("other", right)):
                        with self.assertRaises(smtplib.SMTPAuthenticationError) as refused:
                            log_in(client, mechanism, user, secret)
                        self.assertEqual(refused.exception.smtp_code, 535)
                    self.assertEqual(log_in(client, mechanism, USER, right), 235)
                    client.sendmail("a@example.com", ["b@example.com"], f"{HEADER}: {mechanism}\r\n\r\nx\r\n")
                    client.quit()
                    mail = sim.mails(mechanism)["messages"][0]
                    self.assertEqual((mail["user"], mail["tls"]), (USER, True))

    def test_certificate_is_checked_against_the_test_ca(self):
        with Simulator("--tls", "starttls") as sim, Simulator("--tls", "implicit") as other:
            with self.assertRaises(ssl.SSLCertVerificationError):
                sim.client(trust=ssl.create_default_context())
            with self.assertRaises(ssl.SSLCertVerificationError):
                sim.client(trust=other.trust)
            with self.assertRaises(ssl.SSLCertVerificationError):
                smtplib.SMTP_SSL("127.0.0.1", other.port, context=sim.trust, timeout=60)

    def test_bytes_are_recorded_as_sent_and_counted(self):
        with Simulator("--tls", "starttls") as sim:
            client = sim.logged_in()
            options = ["BODY=8BITMIME", "SMTPUTF8"]
            for _ in range(2):
                client.sendmail("josé@example.com", ["zoë@example.com"], BODY.encode(), mail_options=options)
            mails = sim.mails("7")
            self.assertEqual((mails["count"], mails["identical"]), (2, True))
            self.assertEqual(mails["messages"][0]["data"], BODY)
            self.assertEqual(mails["messages"][0]["from"], "josé@example.com")
            self.assertEqual(mails["messages"][0]["recipients"], ["zoë@example.com"])
            client.sendmail("a@example.com", ["b@example.com"], BODY.encode() + b"\xff\r\n", mail_options=options)
            mails = sim.mails("7")
            self.assertEqual((mails["count"], mails["identical"]), (3, False))
            self.assertEqual(base64.b64decode(mails["messages"][2]["data_base64"]), BODY.encode() + b"\xff\r\n")
            client.quit()

    def test_what_was_not_declared_or_is_too_large_is_refused(self):
        with Simulator("--tls", "starttls", "--size", "1000") as sim:
            client = sim.logged_in()
            with self.assertRaises(smtplib.SMTPDataError) as refused:
                client.sendmail("a@example.com", ["b@example.com"], BODY.encode())
            self.assertEqual(refused.exception.smtp_code, 554)
            with self.assertRaises(smtplib.SMTPSenderRefused) as refused:
                client.sendmail("a@example.com", ["b@example.com"], "x" * 1001)
            self.assertEqual(refused.exception.smtp_code, 552)
            self.assertEqual(sim.call("GET", "/messages")["count"], 0)
            client.quit()

    def test_rules_set_while_it_runs(self):
        with Simulator("--tls", "starttls") as sim:
            sim.call("POST", "/rules", [
                {"stage": "rcpt", "recipient": "no@example.com", "reply": {"code": 550, "text": "5.1.1 Nobody"}},
                {"stage": "accepted", "times": 1, "act": "cut_before_reply"}])
            client = sim.logged_in()
            with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
                client.sendmail("a@example.com", ["no@example.com"], "x")
            self.assertEqual(refused.exception.recipients, {"no@example.com": (550, b"5.1.1 Nobody")})
            message = f"{HEADER}: 9\r\n\r\nx\r\n"
            with self.assertRaises(smtplib.SMTPServerDisconnected):
                client.sendmail("a@example.com", ["b@example.com"], message)
            self.assertEqual(sim.mails("9")["count"], 1)
            again = sim.logged_in()
            again.sendmail("a@example.com", ["b@example.com"], message)
            again.quit()
            mails = sim.mails("9")
            self.assertEqual((mails["count"], mails["identical"]), (2, True))

    def test_a_greeting_of_any_bytes(self):
        with Simulator() as sim:
            raw = base64.b64encode(b"220-first\r\n220 second\r\n").decode()
            sim.call("POST", "/rules", {"stage": "connect", "reply": {"raw_base64": raw}})
            with smtplib.SMTP(timeout=60) as client:
                self.assertEqual(client.connect("127.0.0.1", sim.port), (220, b"first\nsecond"))

    def test_connections_end_inside_tls(self):
        rules = [{"act": "cut_before_reply"}, {"act": "cut_before_reply", "reset": True}, {"act": "half_close"}]
        with Simulator("--tls", "starttls") as sim:
            for rule in rules:
                sim.call("POST", "/rules", {"stage": "dot", "times": 1, **rule})
                client = sim.logged_in()
                with self.assertRaises(smtplib.SMTPServerDisconnected):
                    client.sendmail("a@example.com", ["b@example.com"], "x")
            self.assertEqual([a["outcome"] for a in sim.call("GET", "/attempts")["attempts"]], ["cut"] * 3)

    def test_commands_injected_behind_starttls_are_dropped(self):
        with Simulator("--tls", "starttls") as sim:
            client = smtplib.SMTP("127.0.0.1", sim.port, timeout=60)
            client.ehlo()
            # In one segment, so that the server has both before it begins the handshake.
            client.sock.sendall(b"STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n")
            self.assertEqual(client.getreply()[0], 220)
            client.sock = sim.trust.wrap_socket(client.sock, server_hostname="127.0.0.1")
            client.file = None
            self.assertEqual(client.ehlo()[0], 250)
            self.assertEqual(client.noop()[0], 250)
            client.quit()
            self.assertEqual(sim.call("GET", "/attempts")["count"], 0)


if __name__ == "__main__":
    unittest.main()
