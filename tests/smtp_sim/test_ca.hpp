// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace smtp_sim {

/// The contents of a certificate.
struct CertificateRequest {
    std::vector<std::string> names = {"localhost"};
    std::vector<std::string> addresses = {"127.0.0.1"};
    /// Relative to now; a past `valid_until` makes an expired certificate.
    std::chrono::seconds valid_from = -std::chrono::hours(1);
    std::chrono::seconds valid_until = std::chrono::hours(48);
};

/// The PEM files of a certificate and its private key.
struct CertificateFiles {
    std::filesystem::path certificate;
    std::filesystem::path key;
};

/// A certificate authority for the duration of a test. Keys are made at run time, in a folder, so
/// that no private key is part of the sources.
class TestCa {
public:
    /// Creates the folder if it is missing, and ca.pem in it. Throws std::runtime_error.
    explicit TestCa(std::filesystem::path folder);
    ~TestCa();
    TestCa(const TestCa&) = delete;
    TestCa& operator=(const TestCa&) = delete;

    /// The certificate that clients have to trust.
    std::filesystem::path ca_file() const { return folder_ / "ca.pem"; }
    /// Makes NAME.pem and NAME.key (readable by the owner only).
    CertificateFiles issue(const std::string& name, const CertificateRequest& request = {}) const;

private:
    struct Authority;
    const std::filesystem::path folder_;
    std::unique_ptr<Authority> authority_;
};

}  // namespace smtp_sim
