-- SPDX-License-Identifier: MIT
-- What the daemon is asked for by D-Bus, where polkit has said that it may be done.
SET LOCAL ROLE pay_owner;

GRANT EXECUTE ON FUNCTION pay_private.pause_job, pay_private.resume_job, pay_private.run_job TO pay_daemon;
