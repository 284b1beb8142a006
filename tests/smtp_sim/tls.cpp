// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>

#include <array>
#include <stdexcept>

namespace smtp_sim {

SslContext server_context(const std::filesystem::path& certificate,
                          const std::filesystem::path& key) {
    SslContext context(SSL_CTX_new(TLS_server_method()));
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
        throw std::runtime_error(fmt::format("TLS: {}", openssl_error()));
    }
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1) {
        throw std::runtime_error(fmt::format("{}: {}", certificate.string(), openssl_error()));
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context.get()) != 1) {
        throw std::runtime_error(fmt::format("{}: {}", key.string(), openssl_error()));
    }
    return context;
}

std::string openssl_error() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

}  // namespace smtp_sim
