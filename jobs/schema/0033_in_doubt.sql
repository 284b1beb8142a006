-- SPDX-License-Identifier: MIT
-- What is counted every time somebody looks at the metrics.

CREATE INDEX delivery_in_doubt ON pay_private.delivery (request_id) WHERE state = 'in_doubt';
CREATE INDEX run_lost ON pay_private.run (finished_at) WHERE state = 'lost';
