// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <string>

namespace paysync::test {

/// An integer from the environment, or `otherwise` if the variable is not set. Long tests take
/// their size and their seed from it; scripts/soak sets the variables.
inline int from_environment(const char* name, int otherwise) {
    const char* value = std::getenv(name);
    return value ? std::stoi(value) : otherwise;
}

}  // namespace paysync::test
