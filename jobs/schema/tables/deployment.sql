-- SPDX-License-Identifier: MIT
-- What SQL has to know of the daemon's configuration.

CREATE TABLE pay_private.deployment (
    only_one boolean PRIMARY KEY DEFAULT true CONSTRAINT deployment_one_row CHECK (only_one),
    max_message_size bigint NOT NULL DEFAULT 10000000
        CONSTRAINT deployment_message_size CHECK (max_message_size BETWEEN 100000 AND 100000000),
    time_zone text NOT NULL DEFAULT 'UTC',
    send_from time NOT NULL DEFAULT '00:00',
    send_until time NOT NULL DEFAULT '24:00',
    remind_distance interval NOT NULL DEFAULT '1 hour'
        CONSTRAINT deployment_remind_distance CHECK (remind_distance BETWEEN '0' AND '30 days'),
    CONSTRAINT deployment_hours CHECK (send_from < send_until)
);
COMMENT ON TABLE pay_private.deployment IS
    'One row: values of the daemon''s configuration that SQL uses. The daemon writes it when it starts; the last start counts.';
COMMENT ON COLUMN pay_private.deployment.only_one IS 'Always true.';
COMMENT ON COLUMN pay_private.deployment.max_message_size IS 'Bytes that the mail servers take for one message (mail.max_message_size).';
COMMENT ON COLUMN pay_private.deployment.time_zone IS 'Time zone of companies that have none of their own (jobs.payment_requests.time_zone).';
COMMENT ON COLUMN pay_private.deployment.send_from IS 'Reminders go out from this time of day on (jobs.payment_requests.sending_hours).';
COMMENT ON COLUMN pay_private.deployment.send_until IS 'And before this one.';
COMMENT ON COLUMN pay_private.deployment.remind_distance IS
    'Least time between a reminder and the next one that somebody asks for (jobs.payment_requests.reminder_distance).';
INSERT INTO pay_private.deployment DEFAULT VALUES;

CREATE FUNCTION pay_private.is_time_zone(name text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pay, pay_private, pg_temp AS $$
BEGIN
    -- A zone of the tz database: an offset has no summer time, and localtime is whatever the server's machine has.
    RETURN EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = is_time_zone.name AND z.name !~ '^(posix|right)/|^(localtime|posixrules|Factory)$');
END $$;
COMMENT ON FUNCTION pay_private.is_time_zone(text) IS 'Whether PostgreSQL knows this name of a time zone, such as Europe/Vienna.';
