// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace smtp_sim {

/// What a certificate says.
struct CertificateRequest {
    std::vector<std::string> names = {"localhost"};
    std::vector<std::string> addresses = {"127.0.0.1"};
    /// From now on; a past `valid_until` makes an expired certificate.
    std::chrono::seconds valid_from = -std::chrono::hours(1);
    std::chrono::seconds valid_until = std::chrono::hours(48);
};

/// PEM files of a certificate and its private key.
struct CertificateFiles {
    std::filesystem::path certificate;
    std::filesystem::path key;
};

/// A certificate authority that lives as long as a test: keys are made at run time, in a folder.
class TestCa {
public:
    /// Makes the folder when missing, and ca.pem in it; throws std::runtime_error.
    explicit TestCa(std::filesystem::path folder);
    ~TestCa();
    TestCa(const TestCa&) = delete;
    TestCa& operator=(const TestCa&) = delete;

    /// What clients are to trust.
    std::filesystem::path ca_file() const { return folder_ / "ca.pem"; }
    /// Makes NAME.pem and NAME.key (readable by the owner only).
    CertificateFiles issue(const std::string& name, const CertificateRequest& request = {}) const;

private:
    struct Authority;
    const std::filesystem::path folder_;
    std::unique_ptr<Authority> authority_;
};

}  // namespace smtp_sim
