// SPDX-License-Identifier: MIT
#include "tests/stand_ins/stripe_sim_fixture.hpp"

namespace stripe_sim {
namespace {

void put(std::string& out, int64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) {
        out += static_cast<char>(value >> (8 * i) & 0xff);
    }
}

/// The head of a PNG, which has its type and size.
std::string png(int64_t width, int64_t height) {
    std::string out = "\x89PNG\r\n\x1a\n";
    put(out, 13, 4);
    out += "IHDR";
    put(out, width, 4);
    put(out, height, 4);
    return out + std::string("\x08\x06\0\0\0", 5);
}

std::string jpeg(int64_t width, int64_t height) {
    std::string out = "\xff\xd8\xff\xe0";
    put(out, 16, 2);
    out += std::string(14, 'x') + "\xff\xc0";
    put(out, 11, 2);
    out += '\x08';
    put(out, height, 2);
    put(out, width, 2);
    return out + "\x01\x01\x11";
}

class StripeSimFiles : public StripeSim {
protected:
    Got upload(const std::string& purpose, const std::string& bytes,
               const std::string& account = "", const std::string& name = "file") {
        std::string body = "--b0\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n" +
                           purpose + "\r\n--b0\r\nContent-Disposition: form-data; name=\"" + name +
                           "\"; filename=\"i.png\"\r\nContent-Type: image/png\r\n\r\n" + bytes +
                           "\r\n--b0--\r\n";
        return got(
            client.Post("/v1/files", headers(account), body, "multipart/form-data; boundary=b0"));
    }
    std::string refused(const std::string& purpose, const std::string& bytes) {
        Got answer = upload(purpose, bytes);
        EXPECT_EQ(answer.status, 400) << answer.body;
        return answer.param();
    }
};

TEST_F(StripeSimFiles, ImagesCanBeUploadedAndRead) {
    Got made = upload("business_icon", png(128, 128));
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(made.body["object"], "file");
    EXPECT_EQ(made.body["filename"], "i.png");
    EXPECT_EQ(made.body["type"], "png");
    EXPECT_EQ(made.body["size"], 29);
    EXPECT_EQ(get("/v1/files/" + text_of(made.body, "id")).body, made.body);
    Got logo = upload("business_logo", jpeg(400, 130));
    EXPECT_EQ(logo.body["type"], "jpg");
    EXPECT_EQ(ids(get("/v1/files?purpose=business_logo").body),
              std::vector<std::string>{text_of(logo.body, "id")});
    EXPECT_EQ(get("/v1/files/file_none").status, 404);
}

TEST_F(StripeSimFiles, SizeTypeAndPurposeAreChecked) {
    EXPECT_EQ(refused("business_icon", "GIF89a"), "file");
    EXPECT_EQ(refused("business_icon", png(127, 127)), "file");
    EXPECT_EQ(refused("business_icon", png(256, 128)), "file");
    EXPECT_EQ(refused("business_logo", png(256, 128) + std::string(512 * 1024, ' ')), "file");
    EXPECT_EQ(refused("business_logo", ""), "file");
    EXPECT_EQ(refused("holiday_photo", png(128, 128)), "purpose");
    EXPECT_EQ(upload("business_logo", png(128, 128), "", "picture").code(), "parameter_unknown");
    EXPECT_EQ(post("/v1/files", "purpose=business_logo").status, 400);
    Got broken = got(
        client.Post("/v1/files", headers(), "--b0\r\nnothing", "multipart/form-data; boundary=b0"));
    EXPECT_EQ(broken.status, 400);
    EXPECT_TRUE(get("/v1/files").body["data"].empty());
}

TEST_F(StripeSimFiles, BrandingAcceptsOnlyKnownFilesAndHexColours) {
    std::string id = enabled_account();
    std::string path = "/v1/accounts/" + id;
    std::string icon = text_of(upload("business_icon", png(128, 128)).body, "id");
    std::string logo = text_of(upload("business_logo", png(300, 128), id).body, "id");
    Got set = post(path, "settings[branding][icon]=" + icon + "&settings[branding][logo]=" + logo +
                             "&settings[branding][secondary_color]=%23abc");
    ASSERT_EQ(set.status, 200) << set.body;
    EXPECT_EQ(set.body["settings"]["branding"]["icon"], icon);
    EXPECT_EQ(set.body["settings"]["branding"]["logo"], logo);

    Got unknown = post(path, "settings[branding][icon]=file_none");
    EXPECT_EQ(unknown.code(), "resource_missing");
    EXPECT_EQ(unknown.param(), "settings[branding][icon]");
    EXPECT_EQ(post(path, "settings[branding][icon]=" + logo).param(), "settings[branding][icon]");
    for (const char* color : {"red", "%2312345", "%23gggggg", "112233"}) {
        Got bad = post(path, "settings[branding][primary_color]=" + std::string(color));
        EXPECT_EQ(bad.param(), "settings[branding][primary_color]") << color;
    }
    Got cleared = post(path, "settings[branding][icon]=");
    EXPECT_TRUE(cleared.body["settings"]["branding"]["icon"].is_null());
    EXPECT_EQ(cleared.body["settings"]["branding"]["secondary_color"], "#abc");
}

TEST_F(StripeSimFiles, FilesBelongToTheAccountThatUploadedThem) {
    std::string one = enabled_account();
    std::string two = enabled_account();
    std::string icon = text_of(upload("business_icon", png(128, 128), one).body, "id");
    EXPECT_EQ(get("/v1/files/" + icon, one).status, 200);
    EXPECT_EQ(get("/v1/files/" + icon, two).status, 404);
    EXPECT_EQ(post("/v1/accounts/" + two, "settings[branding][icon]=" + icon).status, 400);
}

}  // namespace
}  // namespace stripe_sim
