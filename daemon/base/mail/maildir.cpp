// SPDX-License-Identifier: MIT
#include "daemon/base/mail/maildir.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace paysync::mail {

namespace fs = std::filesystem;

std::vector<std::string> Maildir::unread(std::size_t limit) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_ / "new")) {
        auto name = entry.path().filename().string();
        if (!name.starts_with('.') && entry.is_regular_file())
            names.push_back(std::move(name));
    }
    // Names begin with the time of delivery.
    std::sort(names.begin(), names.end());
    names.resize(std::min(names.size(), limit));
    return names;
}

std::optional<std::string> Maildir::read(const std::string& name) const {
    const auto path = folder_ / "new" / name;
    std::error_code gone;
    const auto size = fs::file_size(path, gone);
    if (gone || size > kLargest)
        return std::nullopt;
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw std::system_error(errno, std::generic_category(), name);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

void Maildir::mark_seen(const std::string& name) const {
    fs::rename(folder_ / "new" / name, folder_ / "cur" / (name + ":2,S"));
}

}  // namespace paysync::mail
