// SPDX-License-Identifier: MIT
#include "tests/bench/plain_queue.hpp"

#include "tests/bench/measure.hpp"

#include <curl/curl.h>
#include <pqxx/pqxx>

#include <chrono>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace bench {

namespace {

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

std::size_t keep(char* bytes, std::size_t size, std::size_t count, void* into) {
    static_cast<std::string*>(into)->append(bytes, size * count);
    return size * count;
}

struct Reader {
    const std::string& text;
    std::size_t at = 0;
};

std::size_t give(char* into, std::size_t size, std::size_t count, void* from) {
    auto& reader = *static_cast<Reader*>(from);
    const auto length = std::min(size * count, reader.text.size() - reader.at);
    std::memcpy(into, reader.text.data() + reader.at, length);
    reader.at += length;
    return length;
}

void perform(CURL* handle) {
    const auto code = curl_easy_perform(handle);
    if (code != CURLE_OK)
        throw std::runtime_error(curl_easy_strerror(code));
}

class Worker {
public:
    explicit Worker(const PlainQueue& queue) : queue_(queue), connection_(queue.dsn) {
        headers_.reset(
            curl_slist_append(nullptr, ("Authorization: Bearer " + queue.stripe_key).c_str()));
        curl_slist_append(headers_.get(), "Stripe-Version: 2026-10-28.endive");
        curl_slist_append(headers_.get(), ("Stripe-Account: " + queue.account).c_str());
        curl_easy_setopt(http_.get(), CURLOPT_URL,
                         (queue.stripe_base + "/v1/payment_links").c_str());
        curl_easy_setopt(http_.get(), CURLOPT_HTTPHEADER, headers_.get());
        curl_easy_setopt(http_.get(), CURLOPT_WRITEFUNCTION, keep);
        curl_easy_setopt(smtp_.get(), CURLOPT_URL, queue.smtp_url.c_str());
        curl_easy_setopt(smtp_.get(), CURLOPT_MAIL_FROM, "<billing@example.com>");
        curl_easy_setopt(smtp_.get(), CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(smtp_.get(), CURLOPT_READFUNCTION, give);
    }

    bool step() {
        pqxx::work claim(connection_);
        const auto rows = claim.exec(
            "UPDATE plain SET state = 'sending' WHERE id = (SELECT id FROM plain WHERE state = "
            "'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, email");
        claim.commit();
        if (rows.empty())
            return false;
        std::string body;
        curl_easy_setopt(http_.get(), CURLOPT_COPYPOSTFIELDS,
                         "line_items[0][quantity]=1&line_items[0][price_data][currency]=usd&"
                         "line_items[0][price_data][unit_amount]=1250&"
                         "line_items[0][price_data][product_data][name]=Invoice&"
                         "restrictions[completed_sessions][limit]=1");
        curl_easy_setopt(http_.get(), CURLOPT_WRITEDATA, &body);
        perform(http_.get());
        const auto to = rows[0][1].as<std::string>();
        const auto link = body.substr(body.find("/pay/"), 30);
        const auto letter = "From: billing@example.com\r\nTo: " + to +
                            "\r\nSubject: Invoice\r\nMessage-ID: <plain." +
                            rows[0][0].as<std::string>() +
                            "@example.com>\r\n\r\nPlease pay: " + link + "\r\n";
        Reader reader{letter};
        const List recipients(curl_slist_append(nullptr, ("<" + to + ">").c_str()),
                              curl_slist_free_all);
        curl_easy_setopt(smtp_.get(), CURLOPT_MAIL_RCPT, recipients.get());
        curl_easy_setopt(smtp_.get(), CURLOPT_READDATA, &reader);
        perform(smtp_.get());
        pqxx::work done(connection_);
        done.exec_params0("UPDATE plain SET state = 'sent', sent_at = now() WHERE id = $1",
                          rows[0][0].as<std::int64_t>());
        done.commit();
        return true;
    }

private:
    const PlainQueue& queue_;
    pqxx::connection connection_;
    Handle http_{curl_easy_init(), curl_easy_cleanup};
    Handle smtp_{curl_easy_init(), curl_easy_cleanup};
    List headers_{nullptr, curl_slist_free_all};
};

}  // namespace

double PlainQueue::run(int rows) const {
    pqxx::connection connection(dsn);
    pqxx::work tx(connection);
    tx.exec("DROP TABLE IF EXISTS plain");
    tx.exec(
        "CREATE TABLE plain (id bigint PRIMARY KEY, email text, state text DEFAULT 'queued', "
        "sent_at timestamptz)");
    tx.exec("CREATE INDEX ON plain (id) WHERE state = 'queued'");
    tx.exec_params0(
        "INSERT INTO plain (id, email) SELECT i, 'client' || i || '@example.com' FROM "
        "generate_series(1, $1::int) i",
        rows);
    tx.commit();
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (int i = 0; i < workers; ++i)
        threads.emplace_back([this] {
            Worker worker(*this);
            while (worker.step()) {
            }
        });
    for (auto& thread : threads)
        thread.join();
    return seconds_since(begin);
}

}  // namespace bench
