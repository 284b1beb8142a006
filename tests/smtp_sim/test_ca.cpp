// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/test_ca.hpp"

#include "tests/smtp_sim/tls.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <stdexcept>

namespace smtp_sim {

struct TestCaFree {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
    void operator()(BIGNUM* number) const { BN_free(number); }
    void operator()(std::FILE* file) const { std::fclose(file); }
};

namespace {

using Key = std::unique_ptr<EVP_PKEY, TestCaFree>;
using Certificate = std::unique_ptr<X509, TestCaFree>;

void check(bool good) {
    if (!good) {
        throw std::runtime_error(fmt::format("test CA: {}", openssl_error()));
    }
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, TestCaFree> extension(
        X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
    check(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

/// A certificate without extensions and signature.
Certificate blank(EVP_PKEY* key, const std::string& common_name, const CertificateRequest& dates) {
    Certificate made(X509_new());
    check(made && X509_set_version(made.get(), X509_VERSION_3) == 1);
    // Random: a client may know a certificate of another test with the same issuer name.
    const std::unique_ptr<BIGNUM, TestCaFree> serial(BN_new());
    check(serial && BN_rand(serial.get(), 120, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
    check(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(made.get())) != nullptr);
    check(X509_gmtime_adj(X509_getm_notBefore(made.get()), dates.valid_from.count()) != nullptr);
    check(X509_gmtime_adj(X509_getm_notAfter(made.get()), dates.valid_until.count()) != nullptr);
    const auto* const bytes = reinterpret_cast<const unsigned char*>(common_name.c_str());
    check(X509_NAME_add_entry_by_NID(X509_get_subject_name(made.get()), NID_commonName,
                                     MBSTRING_UTF8, bytes, -1, -1, 0) == 1);
    check(X509_set_pubkey(made.get(), key) == 1);
    return made;
}

std::unique_ptr<std::FILE, TestCaFree> create(const std::filesystem::path& path, mode_t mode) {
    std::filesystem::remove(path);
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    std::unique_ptr<std::FILE, TestCaFree> file(fd < 0 ? nullptr : fdopen(fd, "w"));
    if (!file) {
        throw std::runtime_error(fmt::format("cannot create {}", path.string()));
    }
    return file;
}

void save(X509* certificate, const std::filesystem::path& path) {
    check(PEM_write_X509(create(path, 0644).get(), certificate) == 1);
}

Key new_key() {
    Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    check(key != nullptr);
    return key;
}

}  // namespace

struct TestCa::Authority {
    Key key;
    Certificate certificate;
};

TestCa::TestCa(std::filesystem::path folder)
    : folder_(std::move(folder)), authority_(std::make_unique<Authority>()) {
    std::filesystem::create_directories(folder_);
    authority_->key = new_key();
    authority_->certificate = blank(authority_->key.get(), "paysync test CA", {});
    X509* const own = authority_->certificate.get();
    check(X509_set_issuer_name(own, X509_get_subject_name(own)) == 1);
    extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
    extend(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
    extend(own, own, NID_subject_key_identifier, "hash");
    check(X509_sign(own, authority_->key.get(), EVP_sha256()) > 0);
    save(own, ca_file());
}

TestCa::~TestCa() = default;

CertificateFiles TestCa::issue(const std::string& name, const CertificateRequest& request) const {
    X509* const ca = authority_->certificate.get();
    const Key key = new_key();
    const std::string first = request.names.empty() ? name : request.names.front();
    const Certificate made = blank(key.get(), first, request);
    check(X509_set_issuer_name(made.get(), X509_get_subject_name(ca)) == 1);
    extend(made.get(), ca, NID_basic_constraints, "critical,CA:FALSE");
    extend(made.get(), ca, NID_ext_key_usage, "serverAuth");
    extend(made.get(), ca, NID_authority_key_identifier, "keyid");
    std::string alternatives;
    for (const std::string& dns : request.names) {
        alternatives += (alternatives.empty() ? "DNS:" : ",DNS:") + dns;
    }
    for (const std::string& address : request.addresses) {
        alternatives += (alternatives.empty() ? "IP:" : ",IP:") + address;
    }
    if (!alternatives.empty()) {
        extend(made.get(), ca, NID_subject_alt_name, alternatives);
    }
    check(X509_sign(made.get(), authority_->key.get(), EVP_sha256()) > 0);
    CertificateFiles files{.certificate = folder_ / (name + ".pem"),
                           .key = folder_ / (name + ".key")};
    save(made.get(), files.certificate);
    check(PEM_write_PrivateKey(create(files.key, 0600).get(), key.get(), nullptr, nullptr, 0,
                               nullptr, nullptr) == 1);
    return files;
}

}  // namespace smtp_sim
