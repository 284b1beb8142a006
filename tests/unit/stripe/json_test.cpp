// SPDX-License-Identifier: MIT
#include "jobs/stripe/json.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace paysync::stripe {
namespace {

/// The path in the error of `read`; "-" if there is no error.
template <typename Read>
std::string complaint(std::string_view json, const Read& read) {
    try {
        const Document document(json);
        read(document.root());
        return "-";
    } catch (const FieldError& error) {
        return error.path();
    }
}

std::string integer_complaint(std::string_view value) {
    return complaint(R"({"a":{"n":)" + std::string(value) + "}}",
                     [](const Object& root) { root.object("a").integer("n"); });
}

bool is_document(std::string_view text) {
    try {
        Document(text).root();
        return true;
    } catch (const FieldError& error) {
        EXPECT_EQ(error.path(), "");
        return false;
    }
}

TEST(StripeJson, ReadsEveryType) {
    const Document document(
        R"({ "s" : "text" , "i": -12, "t": true, "f":false, "n": null, "o": {"x": {"y": 1}},
             "list": [ {"k": "a"}, {"k": "b"} ], "words": ["p", "q\u00e9"], "none": [],
             "m": {"a": "1", "k\u00e9y": "2"}, "r": 1.10, "id": "ch_1", "big": {"id": "ch_2"} } )");
    const Object root = document.root();
    EXPECT_EQ(root.text("s"), "text");
    EXPECT_EQ(root.integer("i"), -12);
    EXPECT_TRUE(root.flag("t"));
    EXPECT_FALSE(root.flag("f"));
    EXPECT_EQ(root.object("o").object("x").integer("y"), 1);
    ASSERT_EQ(root.objects("list").size(), 2U);
    EXPECT_EQ(root.objects("list")[1].text("k"), "b");
    EXPECT_EQ(root.opt_texts("words"), (std::vector<std::string>{"p", "qé"}));
    EXPECT_TRUE(root.opt_texts("none").empty());
    EXPECT_EQ(root.opt_text_map("m"),
              (std::map<std::string, std::string>{{"a", "1"}, {"kéy", "2"}}));
    EXPECT_EQ(root.opt_decimal("r"), "1.10");
    EXPECT_EQ(root.reference("id"), "ch_1");
    EXPECT_EQ(root.reference("big"), "ch_2");
    EXPECT_FALSE(root.opt_expanded("id"));
    EXPECT_EQ(root.opt_expanded("big")->raw(), R"({"id": "ch_2"})");
}

TEST(StripeJson, FieldsCanBeReadInAnyOrderAndTwice) {
    const Document document(R"({"a":{"b":{"c":"deep"},"d":2},"e":"\"x\\\n","g":{}})");
    const Object root = document.root();
    const Object empty = root.object("g");
    const Object a = root.object("a");
    EXPECT_EQ(root.text("e"), "\"x\\\n");
    const Object b = a.object("b");
    EXPECT_EQ(a.integer("d"), 2);
    EXPECT_EQ(b.text("c"), "deep");
    EXPECT_EQ(a.integer("d"), 2);
    EXPECT_EQ(root.text("e"), "\"x\\\n");
    EXPECT_FALSE(empty.opt_text("x"));
}

TEST(StripeJson, OnlyOptionalReadersAcceptNullAndMissing) {
    const Document document(R"({"n":null})");
    const Object root = document.root();
    for (const char* name : {"n", "missing"}) {
        EXPECT_EQ(root.opt_text(name), std::nullopt);
        EXPECT_EQ(root.opt_integer(name), std::nullopt);
        EXPECT_EQ(root.opt_flag(name), std::nullopt);
        EXPECT_EQ(root.opt_decimal(name), std::nullopt);
        EXPECT_EQ(root.opt_reference(name), std::nullopt);
        EXPECT_FALSE(root.opt_object(name));
        EXPECT_FALSE(root.opt_expanded(name));
        EXPECT_TRUE(root.opt_objects(name).empty());
        EXPECT_TRUE(root.opt_texts(name).empty());
        EXPECT_TRUE(root.opt_text_map(name).empty());
        EXPECT_THROW(root.text(name), FieldError);
        EXPECT_THROW(root.integer(name), FieldError);
        EXPECT_THROW(root.flag(name), FieldError);
        EXPECT_THROW(root.reference(name), FieldError);
        EXPECT_THROW(root.object(name), FieldError);
        EXPECT_THROW(root.objects(name), FieldError);
        EXPECT_THROW(root.expect_array(name), FieldError);
    }
}

TEST(StripeJson, NamesTheWrongField) {
    const std::string_view json =
        R"({"a":{"b":[{"c":1},{"c":"x"}]},"s":5,"w":["x",5],"m":{"k":1}})";
    EXPECT_EQ(complaint(json, [](const Object& o) { o.object("a").objects("b")[0].text("c"); }),
              "a.b[0].c");
    EXPECT_EQ(complaint(json, [](const Object& o) { o.object("a").objects("b")[1].integer("c"); }),
              "a.b[1].c");
    EXPECT_EQ(complaint(json, [](const Object& o) { o.object("a").text("z"); }), "a.z");
    EXPECT_EQ(complaint(json, [](const Object& o) { o.opt_text("s"); }), "s");
    EXPECT_EQ(complaint(json, [](const Object& o) { o.opt_object("s"); }), "s");
    EXPECT_EQ(complaint(json, [](const Object& o) { o.opt_flag("s"); }), "s");
    EXPECT_EQ(complaint(json, [](const Object& o) { o.opt_objects("s"); }), "s");
    EXPECT_EQ(complaint(json, [](const Object& o) { o.opt_reference("s"); }), "s");
    EXPECT_EQ(complaint(json, [](const Object& o) { o.opt_expanded("s"); }), "s");
    EXPECT_EQ(complaint(json, [](const Object& o) { o.opt_texts("w"); }), "w[1]");
    EXPECT_EQ(complaint(json, [](const Object& o) { o.opt_objects("w"); }), "w[0]");
    EXPECT_EQ(complaint(json, [](const Object& o) { o.opt_text_map("m"); }), "m.k");
    EXPECT_EQ(complaint(json, [](const Object& o) { o.expect_type("charge"); }), "object");
}

TEST(StripeJson, ErrorsNameTypesButNoValues) {
    try {
        Document(R"({"email":["payer@example.com"]})").root().text("email");
        FAIL();
    } catch (const FieldError& error) {
        EXPECT_STREQ(error.what(), "email: expected a string, found an array");
    }
}

TEST(StripeJson, AcceptsOnlyIntegersOfSixtyFourBits) {
    for (const char* good : {"0", "-0", "1", "-1", "9223372036854775807", "-9223372036854775808"})
        EXPECT_EQ(integer_complaint(good), "-") << good;
    for (const char* bad : {"10.9",
                            "10.0",
                            "1e3",
                            "1E3",
                            "9223372036854775808",
                            "-9223372036854775809",
                            "18446744073709551616",
                            "123456789012345678901234567890",
                            "007",
                            "-",
                            "+1",
                            "0x10",
                            "\"5\"",
                            "true",
                            "null",
                            "{}",
                            "[]",
                            "nul",
                            "1_000",
                            "NaN",
                            "Infinity"})
        EXPECT_EQ(integer_complaint(bad), "a.n") << bad;
}

TEST(StripeJson, AcceptsOnlyTrueAndFalseForFlags) {
    for (const char* bad : {"tru", "truee", "TRUE", "1", "\"true\"", "null"}) {
        const std::string json = R"({"f":)" + std::string(bad) + "}";
        EXPECT_EQ(complaint(json, [](const Object& o) { o.flag("f"); }), "f") << bad;
    }
}

TEST(StripeJson, KeepsDecimalsAsWritten) {
    for (const char* good : {"1.10", "0.000000000001234567890123456789", "2", "1.5e-7", "-3.0"}) {
        const std::string json = R"({"r":)" + std::string(good) + "}";
        EXPECT_EQ(Document(json).root().opt_decimal("r"), good);
    }
    for (const char* bad : {"1.", ".5", "1e", "01.5", "1.2.3", "\"1.5\"", "true", "--1"}) {
        const std::string json = R"({"r":)" + std::string(bad) + "}";
        EXPECT_EQ(complaint(json, [](const Object& o) { o.opt_decimal("r"); }), "r") << bad;
    }
}

TEST(StripeJson, RefusesTextThatPostgresqlCannotStore) {
    const auto read = [](const Object& o) { o.text("s"); };
    EXPECT_EQ(complaint(R"({"s":"a\u0000b"})", read), "s");
    EXPECT_EQ(complaint(R"({"s":"a\\u0000b"})", read), "-");
    EXPECT_EQ(complaint(R"({"m":{"k":"\u0000"}})", [](const Object& o) { o.opt_text_map("m"); }),
              "m.k");
    EXPECT_EQ(complaint(R"({"m":{"\u0000":"v"}})", [](const Object& o) { o.opt_text_map("m"); }),
              "m");
}

TEST(StripeJson, RefusesBadStrings) {
    const auto read = [](const Object& o) { o.text("s"); };
    EXPECT_EQ(complaint(R"({"s":"\ud800"})", read), "s");
    EXPECT_EQ(complaint(R"({"s":"\x41"})", read), "s");
    EXPECT_EQ(complaint(R"({"s":"\u12"})", read), "s");
    EXPECT_EQ(complaint("{\"s\":\"a\nb\"}", read), "");
    EXPECT_NE(complaint(R"({"s":"a"b})", read), "-");
    EXPECT_NE(complaint(R"({"s":"a""b"})", read), "-");
    EXPECT_NE(complaint(R"({"s":"\n"b})", read), "-");
    EXPECT_NE(complaint(R"({"s":"\n"5,"t":1})", read), "-");
    EXPECT_EQ(
        complaint(R"({"s":"\ud83d\ude00"})", [](const Object& o) { EXPECT_EQ(o.text("s"), "😀"); }),
        "-");
}

TEST(StripeJson, RefusesTextsThatAreNotOneObject) {
    for (const char* bad : {"",
                            " ",
                            "{",
                            "}",
                            "[]",
                            "null",
                            "5",
                            "\"x\"",
                            "<html></html>",
                            "{\"a\":1",
                            "{\"a\"}",
                            "{\"a\":}",
                            "{\"a\":1,}",
                            "{\"a\":1}x",
                            "{\"a\":1}{}",
                            "{\"a\":1} 2",
                            "{\"a\":1}}",
                            "{\"a\":[1,2}",
                            "{\"a\":{\"b\":1}",
                            "{a:1}",
                            "{'a':1}",
                            "{\"a\":1 \"b\":2}",
                            "{\"a\":\"unclosed}",
                            "{\"a\" 1}",
                            "{\"a\":1]"})
        EXPECT_FALSE(is_document(bad)) << bad;
    EXPECT_FALSE(is_document("{\"a\":\"\xff\"}"));
    EXPECT_FALSE(is_document("{\"a\":\"\xc0\x80\"}"));
    EXPECT_FALSE(is_document("{\"a\":\"\xed\xa0\x80\"}"));
    EXPECT_FALSE(is_document(std::string("{\"a\":1}\0", 8)));
    EXPECT_TRUE(is_document("{}"));
    EXPECT_TRUE(is_document(" \n{\"a\":1}\n "));
}

TEST(StripeJson, RefusesEveryTruncation) {
    const std::string whole =
        R"({"object":"list","data":[{"id":"a","o":{"x":[1,{}]}},{"id":"b"}],"has_more":false})";
    const auto walk = [](std::string_view text) {
        const Document document(text);
        const Object root = document.root("data", [](const std::optional<Object>&, auto) {});
        return root.flag("has_more");
    };
    EXPECT_FALSE(walk(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(is_document(std::string_view(whole).substr(0, size))) << size;
        EXPECT_THROW(walk(std::string_view(whole).substr(0, size)), FieldError) << size;
    }
}

TEST(StripeJson, IgnoresUnknownFields) {
    const Document document(R"({"a":1e999,"b":{"c":[[[{}]]]},"id":"x","z":"\u0000"})");
    EXPECT_EQ(document.root().text("id"), "x");
}

TEST(StripeJson, ReadsItemsOneAtATime) {
    const Document document(R"({"data": [ {"id":"a","n":{"k":"v"}} , 5, "x" ,null,[{"id":"c"}],
                                {"id":"b"} ] , "after": "y"})");
    std::vector<std::string> raws;
    std::vector<std::string> ids;
    const Object root = document.root("data", [&](const std::optional<Object>& item, auto raw) {
        raws.emplace_back(raw);
        if (item) {
            ids.push_back(item->text("id"));
            const auto nested = item->opt_object("n");
            EXPECT_EQ(nested ? nested->text("k") : "v", "v");
        }
    });
    EXPECT_EQ(raws, (std::vector<std::string>{R"({"id":"a","n":{"k":"v"}})", "5", "\"x\"", "null",
                                              R"([{"id":"c"}])", R"({"id":"b"})"}));
    EXPECT_EQ(ids, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(root.text("after"), "y");
}

TEST(StripeJson, ObjectsCanBeMoved) {
    const Document document(R"({"k\u00e9y":"value"})");
    Object first = document.root();
    const Object second = std::move(first);
    EXPECT_EQ(second.text("kéy"), "value");
}

}  // namespace
}  // namespace paysync::stripe
