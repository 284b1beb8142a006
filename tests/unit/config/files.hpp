// SPDX-License-Identifier: MIT
#pragma once

#include "config/reader.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace paysync::config::test {

/// A folder that only its owner can use, removed at the end.
class TempFolder {
public:
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "paysync-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

    std::filesystem::path write(const std::string& name, const std::string& text,
                                mode_t mode = 0600) const {
        const auto path = path_ / name;
        std::ofstream(path, std::ios::binary) << text;
        if (::chmod(path.c_str(), mode) != 0)
            throw std::runtime_error("chmod");
        return path;
    }

private:
    std::filesystem::path path_;
};

inline std::string slurp(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The message of the Error that `action` throws, or "no error".
template <typename F>
std::string error_of(F action) {
    try {
        action();
    } catch (const Error& e) {
        return e.what();
    }
    return "no error";
}

inline Section root_of(const std::string& text) {
    return Document::parse("f.yaml", text).root();
}

}  // namespace paysync::config::test
