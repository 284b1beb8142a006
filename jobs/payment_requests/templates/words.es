subject_request: Solicitud de pago de {{COMPANY}}: {{AMOUNT}}
subject_reminder: Recordatorio: solicitud de pago de {{COMPANY}}: {{AMOUNT}}
subject_receipt: Recibo de {{COMPANY}}: {{PAID}}
subject_notice: Pago recibido: {{PAID}} por {{DESCRIPTION}}
subject_refund: Reembolso de {{COMPANY}}: {{REFUNDED}}
subject_refund_notice: Reembolso: {{REFUNDED}} por {{DESCRIPTION}}
subject_dispute_notice: Pago impugnado: {{DISPUTED}} por {{DESCRIPTION}}
subject_debit_failed: Pago fallido: {{AMOUNT}} a {{COMPANY}}
dear: Hola, {{RECIPIENT}}:
asks: {{COMPANY}} le pide que pague
reminds: Le recordamos que {{COMPANY}} le pidió que pagara
for: por {{DESCRIPTION}}
already_paid: Ya se han pagado {{ALREADY_PAID}} de {{TOTAL}}.
pay_by: Pague, por favor, antes del {{DUE}}.
was_due: El pago venció el {{DUE}}.
is_due: El pago vence el {{DUE}}.
pay: Pagar {{AMOUNT}}
button_fails: Si el botón no funciona, abra esta dirección:
pay_here: Pague aquí en línea y de forma segura:
attached: El archivo «{{FILE}}» va adjunto a este mensaje.
paid_meanwhile: Si ya ha pagado, no tenga en cuenta este mensaje.
is_handled: El pago lo gestiona Stripe. {{COMPANY}} nunca ve los datos de su tarjeta o de su banco.
unexpected: Si no esperaba esta solicitud, consulte a {{COMPANY}} antes de pagar{{#CONTACT}} ({{CONTACT}}){{/CONTACT}}.
was_handled: El pago lo gestionó Stripe; {{COMPANY}} nunca ve datos de tarjetas o bancos.
questions: ¿Preguntas? Escriba a {{CONTACT}}.
received: {{COMPANY}} ha recibido su pago de
paid_on: Pagado el {{PAID_ON}}{{#METHOD}} con {{METHOD}}{{/METHOD}}.
reference: Referencia: {{CHARGE}}
stripe_receipt: Ver el recibo de Stripe
thanks: Gracias.
payer_paid: {{PAYER}} ha pagado
gives_back: {{COMPANY}} le devuelve
refund_takes: Se envió el {{REFUNDED_ON}} por el mismo medio de pago. Su banco puede tardar de 5 a 10 días en mostrarlo.
refund_reference: Referencia: {{REFUND}}
payer_refunded: Devuelto a {{PAYER}}:
refund_of: Reembolsado el {{REFUNDED_ON}}, del pago de {{PAID}} del {{PAID_ON}}.
payer_disputes: El banco de {{PAYER}} impugna un pago:
dispute_of: Se trata del pago de {{PAID}} del {{PAID_ON}}.
dispute_reason: Motivo: {{REASON}}.
answer_by: Presente sus pruebas en el panel de Stripe antes del {{ANSWER_BY}}, o el dinero se perderá.
dispute_reference: Referencia: {{DISPUTE}}
debit_failed: Su banco no ejecutó su pago a {{COMPANY}} de
pay_again: Pague de nuevo, por favor; también puede usar otro medio.
