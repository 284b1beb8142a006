// SPDX-License-Identifier: MIT
// Stripe's official client and ajv, from the build tree: there is no node_modules in the sources.
import { createRequire } from 'node:module';

const require = createRequire(process.env.NODE_MODULES_FOLDER + '/tests.js');

export const Stripe = require('stripe');
export const Ajv = require('ajv');
