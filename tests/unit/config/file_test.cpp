// SPDX-License-Identifier: MIT
#include "tests/unit/config/files.hpp"

namespace paysync::config::test {
namespace {

std::string parse_error(const std::string& text) {
    return error_of([&] { Document::parse("f.yaml", text); });
}

std::string load_error(const std::filesystem::path& path) {
    return error_of([&] { Document::load(path); }).substr(path.string().size());
}

TEST(ConfigFile, RefusesInvisibleBytes) {
    EXPECT_EQ(parse_error("a:\tb\n"), "f.yaml:1:3: tabs are not allowed; indent with spaces");
    EXPECT_EQ(parse_error("a: b\n\tc: d\n"),
              "f.yaml:2:1: tabs are not allowed; indent with spaces");
    EXPECT_EQ(parse_error(std::string("a: b\0c\n", 7)),
              "f.yaml:1:5: control byte 0x00 is not allowed");
    // yaml-cpp treats this byte as the end of the file.
    EXPECT_EQ(parse_error("a: b\x04\nc: d\n"), "f.yaml:1:5: control byte 0x04 is not allowed");
    EXPECT_EQ(parse_error("a: b\rc: d\n"), "f.yaml:1:5: control byte 0x0d is not allowed");
    EXPECT_EQ(parse_error("a: \x7f\n"), "f.yaml:1:4: control byte 0x7f is not allowed");
    EXPECT_EQ(parse_error("a: \xC2\x85\n"), "f.yaml:1:4: control byte 0xc2 is not allowed");
}

TEST(ConfigFile, RefusesInvalidUtf8) {
    for (const std::string bytes :
         {"\xff", "\xc3", "\xc3(", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80"}) {
        const std::string error = parse_error("a: " + bytes);
        EXPECT_TRUE(error.starts_with("f.yaml:1:4: byte 0x")) << error;
        EXPECT_TRUE(error.ends_with(" is not valid UTF-8")) << error;
    }
    EXPECT_EQ(parse_error("a: \xFE\xFF\n"), "f.yaml:1:4: byte 0xfe is not valid UTF-8");
}

TEST(ConfigFile, AcceptsAllOfUtf8) {
    EXPECT_EQ(root_of("a: é€🥐\u00A0\U0010FFFF\n").text("a"), "é€🥐\u00A0\U0010FFFF");
}

TEST(ConfigFile, AcceptsByteOrderMarkAndWindowsLineEnds) {
    const Section root = root_of(
        "\xEF\xBB\xBF"
        "a: b\r\nc: d\r\n");
    EXPECT_EQ(root.text("a"), "b");
    EXPECT_EQ(root.text("c"), "d");
}

TEST(ConfigFile, RefusesAnEmptyFile) {
    EXPECT_EQ(parse_error(""), "f.yaml:1:1: the file is empty");
    EXPECT_EQ(parse_error("\n \n"), "f.yaml:1:1: the file is empty");
}

TEST(ConfigFile, RefusesDeepNestingWithoutACrash) {
    EXPECT_EQ(parse_error("a: " + std::string(10'000, '[') + std::string(10'000, ']')),
              "f.yaml:1:19: a: nested more than 16 levels deep");
}

TEST(ConfigFile, RefusesPathsThatAreNotFiles) {
    const TempFolder folder;
    EXPECT_EQ(load_error(folder.path()), ":1:1: is a directory");
    EXPECT_EQ(load_error(folder.path() / "none"), ":1:1: cannot open: No such file or directory");
    EXPECT_EQ(load_error("/dev/zero"), ":1:1: is not a regular file");

    const auto fifo = folder.path() / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_EQ(load_error(fifo), ":1:1: is not a regular file");

    const auto loop = folder.path() / "loop";
    std::filesystem::create_symlink(loop, loop);
    EXPECT_EQ(load_error(loop), ":1:1: cannot open: Too many levels of symbolic links");
}

TEST(ConfigFile, RefusesMoreThanAMebibyte) {
    const TempFolder folder;
    const std::string comment = "a: b\n#";
    const std::string most = comment + std::string((1 << 20) - comment.size(), 'x');
    EXPECT_EQ(Document::load(folder.write("most", most)).root().text("a"), "b");
    EXPECT_EQ(load_error(folder.write("more", most + "x")), ":1:1: is larger than 1048576 bytes");
}

TEST(ConfigFile, RefusesAFileThatOthersMayWrite) {
    const TempFolder folder;
    EXPECT_EQ(load_error(folder.write("open", "a: b\n", 0606)),
              ":1:1: the file must not be writable by everyone; run chmod o-w on it");

    const std::string text = "a: b\nkey: { file: /k }\n";
    const auto path = folder.write("group", text, 0660);
    const Section shared = Document::load(path).root();
    EXPECT_EQ(shared.text("a"), "b");
    EXPECT_EQ(error_of([&] { shared.secret("key"); }),
              path.string() +
                  ":2:6: key: a file that names secrets must not be group-writable; run chmod g-w "
                  "on it");
    EXPECT_EQ(Document::load(folder.write("readable", text, 0644)).root().secret("key").source(),
              "file /k");
}

class ConfigDropIns : public testing::Test {
protected:
    void write(const std::string& name, const std::string& text) {
        std::filesystem::create_directories((folder_.path() / name).parent_path());
        folder_.write(name, text);
    }
    std::filesystem::path main() const { return folder_.path() / "f.yaml"; }

    TempFolder folder_;
};

TEST_F(ConfigDropIns, AreMergedIntoTheFileInTheOrderOfTheirNames) {
    write("f.yaml", "a: { b: 1, c: [{ n: 1 }, { n: 2 }], d: { e: 2 } }\nf: 3\n");
    write("f.yaml.d/20-later.yaml", "a: { b: 22 }\n");
    write("f.yaml.d/10-first.yaml", "a: { b: 11, c: [{ n: 3 }], d: { g: 4 } }\nh: 5\n");
    write("f.yaml.d/ignored.txt", "a: 1\n");
    write("f.yaml.d/.hidden.yaml", "a: 1\n");
    const auto root = Document::load(main()).root();
    const auto a = root.section("a");
    EXPECT_EQ(a.integer("b", 0, 0, 99), 22);
    ASSERT_EQ(a.sections("c").size(), 1U) << "a list replaces the earlier one";
    EXPECT_EQ(a.sections("c").at(0).integer("n", 0, 0, 9), 3);
    EXPECT_EQ(a.section("d").integer("e", 0, 0, 99), 2);
    EXPECT_EQ(a.section("d").integer("g", 0, 0, 99), 4);
    EXPECT_EQ(root.integer("f", 0, 0, 99), 3);
    EXPECT_EQ(root.integer("h", 0, 0, 99), 5);
}

TEST_F(ConfigDropIns, AreNamedInTheirErrors) {
    write("f.yaml", "a: { b: 1 }\n");
    write("f.yaml.d/x.yaml", "# mine\na:\n  b: many\n  surprise: 1\n");
    const auto path = (folder_.path() / "f.yaml.d/x.yaml").string();
    const auto a = Document::load(main()).root().section("a");
    EXPECT_TRUE(error_of([&] { a.integer("b", 0, 0, 99); }).starts_with(path + ":3:6: a.b: "));
    EXPECT_TRUE(error_of([&] { a.finish(); }).starts_with(path + ":4:3: a: unknown key"));

    write("f.yaml.d/x.yaml", "a: [\n");
    EXPECT_TRUE(error_of([&] { Document::load(main()); }).starts_with(path + ":"));
    write("f.yaml.d/x.yaml", "a: { b: 2 }\n");
    std::filesystem::permissions(path, std::filesystem::perms(0606));
    EXPECT_EQ(error_of([&] { Document::load(main()); }),
              path + ":1:1: the file must not be writable by everyone; run chmod o-w on it");
}

}  // namespace
}  // namespace paysync::config::test
