// SPDX-License-Identifier: MIT
#pragma once

#include <pqxx/transaction>

/// The one foreign type that store functions take: `pqxx::work`. This header is all of libpqxx that
/// their callers see.
