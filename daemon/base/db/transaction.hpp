// SPDX-License-Identifier: MIT
#pragma once

#include <pqxx/transaction>

/// Declares `pqxx::work`, the transaction that store functions take as their first parameter.
/// Headers of stores include this file instead of all of libpqxx, which takes seconds to compile.
