-- SPDX-License-Identifier: MIT
-- The job that makes and switches off payment links is woken by links, no longer by every mail that was sent.

CREATE TRIGGER payment_link_unwanted AFTER INSERT OR UPDATE OF wanted_active ON pay_private.payment_link
    FOR EACH ROW WHEN (NEW.active AND NOT NEW.wanted_active) EXECUTE FUNCTION pay_private.wake('pay_link_due');
COMMENT ON TRIGGER payment_link_unwanted ON pay_private.payment_link IS 'A live link has to be switched off.';

-- Not when the job itself puts the next attempt later.
CREATE TRIGGER payment_request_link_wanted AFTER UPDATE OF link_wanted_at ON pay.payment_request
    FOR EACH ROW WHEN (NEW.link_wanted_at < coalesce(OLD.link_wanted_at, 'infinity'))
    EXECUTE FUNCTION pay_private.wake('pay_link_due');
COMMENT ON TRIGGER payment_request_link_wanted ON pay.payment_request IS 'A link has to be made without a mail.';
