// SPDX-License-Identifier: MIT
#include "config/secret.hpp"

#include "tests/unit/config/files.hpp"

#include <fmt/format.h>

#include <concepts>
#include <optional>
#include <ostream>
#include <sstream>

namespace paysync::config::test {
namespace {

template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) {
    out << value;
};

static_assert(!Streamable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::convertible_to<Secret, std::string>);

/// Sets $CREDENTIALS_DIRECTORY during a test.
class Credentials {
public:
    explicit Credentials(const std::optional<std::filesystem::path>& folder) {
        if (const char* old = std::getenv("CREDENTIALS_DIRECTORY"))
            old_ = old;
        set(folder ? std::optional(folder->string()) : std::nullopt);
    }
    ~Credentials() { set(old_); }
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;

private:
    static void set(const std::optional<std::string>& value) {
        if (value)
            ::setenv("CREDENTIALS_DIRECTORY", value->c_str(), 1);
        else
            ::unsetenv("CREDENTIALS_DIRECTORY");
    }

    std::optional<std::string> old_;
};

Secret file_secret(const std::filesystem::path& path) {
    return Secret(Secret::Kind::file, path.string(), {"f.yaml", {3, 7}, "stripe.api_key"});
}

Secret credential(const std::string& name) {
    return Secret(Secret::Kind::credential, name, {"f.yaml", {3, 7}, "stripe.api_key"});
}

std::string refusal(const Secret& secret) {
    return error_of([&] { secret.reveal(); });
}

std::string file_refusal(const std::filesystem::path& path, const std::string& reason) {
    return "f.yaml:3:7: stripe.api_key: file " + path.string() + ": " + reason;
}

TEST(ConfigSecret, ReadsAFileAndDropsOneLineBreak) {
    const TempFolder folder;
    EXPECT_EQ(file_secret(folder.write("a", "hunter2")).reveal(), "hunter2");
    EXPECT_EQ(file_secret(folder.write("b", "hunter2\n", 0400)).reveal(), "hunter2");
    EXPECT_EQ(file_secret(folder.write("c", " pass wörd ")).reveal(), " pass wörd ");
}

TEST(ConfigSecret, IsReadLazilyOnceForAllCopies) {
    const TempFolder folder;
    const auto path = folder.path() / "late";
    const Secret secret = file_secret(path);
    EXPECT_EQ(refusal(secret), file_refusal(path, "cannot open: No such file or directory"));

    folder.write("late", "first");
    const Secret copy = secret;
    EXPECT_EQ(copy.reveal(), "first");
    folder.write("late", "second");
    EXPECT_EQ(secret.reveal(), "first");
    EXPECT_EQ(file_secret(path).reveal(), "second");
}

TEST(ConfigSecret, RefusesFilesThatOthersMayReadOrWrite) {
    const TempFolder folder;
    for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0644U}) {
        const auto path = folder.write("key", "hunter2", mode);
        EXPECT_EQ(refusal(file_secret(path)),
                  file_refusal(path, fmt::format("only its owner may have access, but its mode is "
                                                 "{:04o}; run chmod 0400 on it",
                                                 mode)));
    }
}

TEST(ConfigSecret, RefusesImplausibleValues) {
    const TempFolder folder;
    const auto expect = [&](const std::string& value, const std::string& reason) {
        const auto path = folder.write("key", value);
        EXPECT_EQ(refusal(file_secret(path)), file_refusal(path, reason));
    };
    expect("", "is empty");
    expect("\n", "is empty");
    for (const std::string value : {"hunter2\n\n", "hunter2\r\n", "hun\nter2", "hunter\t2", "\x7f"})
        expect(value, "contains a line break or control byte");
    expect(std::string("hunter2\0", 8), "contains a line break or control byte");
    expect(std::string(20'000, 'x'), "is larger than 16384 bytes");
}

TEST(ConfigSecret, RefusesPathsThatAreNotFiles) {
    const TempFolder folder;
    EXPECT_EQ(refusal(file_secret(folder.path())), file_refusal(folder.path(), "is a directory"));
    EXPECT_EQ(refusal(file_secret("/dev/zero")),
              file_refusal("/dev/zero", "is not a regular file"));
}

TEST(ConfigSecret, ReadsCredentialsOfAnyFileMode) {
    const TempFolder folder;
    const Credentials credentials(folder.path());
    // systemd's access list appears as group bits.
    const auto path = folder.write("stripe-key", "hunter2\n", 0440);
    EXPECT_EQ(credential("stripe-key").reveal(), "hunter2");
    EXPECT_EQ(file_secret(path).reveal(), "hunter2");
    EXPECT_EQ(
        refusal(credential("other")),
        "f.yaml:3:7: stripe.api_key: credential other: cannot open: No such file or directory");
}

TEST(ConfigSecret, RefusesAFolderOfCredentialsThatOthersMayWrite) {
    const TempFolder folder;
    const Credentials credentials(folder.path());
    folder.write("stripe-key", "hunter2");
    ASSERT_EQ(::chmod(folder.path().c_str(), 0770), 0);
    EXPECT_EQ(
        refusal(credential("stripe-key")),
        "f.yaml:3:7: stripe.api_key: credential stripe-key: $CREDENTIALS_DIRECTORY is writable "
        "by others");
}

TEST(ConfigSecret, ExplainsHowCredentialsArrive) {
    const Credentials credentials(std::nullopt);
    EXPECT_EQ(
        refusal(credential("stripe-key")),
        "f.yaml:3:7: stripe.api_key: credential stripe-key: $CREDENTIALS_DIRECTORY is not set; "
        "systemd sets it for a unit with LoadCredential=");
}

TEST(ConfigSecret, NamesItsSourceNotItsValue) {
    const TempFolder folder;
    const Secret secret = file_secret(folder.write("key", "hunter2"));
    secret.reveal();
    EXPECT_EQ(secret.source(), "file " + (folder.path() / "key").string());
    EXPECT_EQ(error_of([&] { secret.fail("is wrong"); }), "f.yaml:3:7: stripe.api_key: is wrong");
    EXPECT_EQ(testing::PrintToString(secret).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace paysync::config::test
