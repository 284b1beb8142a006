<?php
// SPDX-License-Identifier: MIT
// One payment request from PHP with PDO, as a member of pay_app.
// usage: php request_payment.php COMPANY EMAIL INVOICE; the connection comes from libpq's environment (PGHOST, PGUSER, …).
declare(strict_types=1);

const WAITING = ['queued', 'ready', 'sending', 'committing'];

/** Requests 42.50 dollars. A second call with the same invoice returns the same id and sends nothing. */
function ask(PDO $db, string $company, string $email, string $invoice): string
{
    $query = $db->prepare("SELECT pay.request_payment(:company, :email, 4250, 'usd', :words, request_key => :key,
                                                      metadata => :metadata)");
    $query->execute(['company' => $company, 'email' => $email, 'words' => "Invoice $invoice",
                     'key' => "php-invoice-$invoice", 'metadata' => json_encode(['order' => 17])]);
    return $query->fetchColumn();
}

/** Waits until the message is sent or has failed. NOTIFY only shortens the wait; rely on polling. */
function sent(PDO $db, string $id, int $seconds = 30): array
{
    $deadline = time() + $seconds;
    $query = $db->prepare('SELECT * FROM pay.request_status(?)');
    do {
        $query->execute([$id]);
        $status = $query->fetch(PDO::FETCH_ASSOC);
        if (!in_array($status['delivery'], WAITING, true)) {
            break;
        }
        $db->pgsqlGetNotify(PDO::FETCH_ASSOC, 1000);
    } while (time() < $deadline);
    return $status;
}

[, $company, $email, $invoice] = $argv;
$db = new PDO('pgsql:', null, null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$db->exec('LISTEN pay_request_changed');
$id = ask($db, $company, $email, $invoice);
if (ask($db, $company, $email, $invoice) !== $id) {
    throw new LogicException('a request key stands for one request');
}
$status = sent($db, $id);
echo implode('|', [$status['state'], $status['delivery'], $status['amount_decimal'], $status['currency']]), "\n";
try {
    $query = $db->prepare("SELECT pay.request_payment(?, 'no address', 4250, 'usd', 'Invoice')");
    $query->execute([$company]);
} catch (PDOException $error) {
    // PY400: an argument breaks a rule. The message explains it.
    echo $error->getCode(), "\n";
}
