// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/call.hpp"

#include <httplib.h>

#include <string>

namespace stripe_sim {

/// Bodies of at least this size are sent without being copied into the buffer.
constexpr size_t kDirectBytes = 16384;

/// One accepted connection: buffered reads and writes. It distorts an answer as its Transport says.
/// Used by one worker thread.
class Connection : public httplib::Stream {
public:
    explicit Connection(socket_t socket);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Waits for the next request. Returns false if the peer has gone or the time is up.
    bool wait_readable(int timeout_ms);
    /// Reads exactly this many bytes. Returns false if the peer ends before.
    bool read_body(size_t size, std::string& body);
    /// Sends this body after the next written head, without copying it. The head must have its
    /// length.
    void set_body(std::string body) { body_ = std::move(body); }
    /// How the next written answer is to be distorted.
    void set_transport(const Transport& transport) { transport_ = transport; }
    /// Sends the buffered bytes. Returns false if the connection is to end.
    bool flush();

    bool is_readable() const override;
    bool is_writable() const override;
    ssize_t read(char* data, size_t size) override;
    ssize_t write(const char* data, size_t size) override;
    void get_remote_ip_and_port(std::string& ip, int& port) const override;
    void get_local_ip_and_port(std::string& ip, int& port) const override;
    socket_t socket() const override { return socket_; }

private:
    bool send_all(const char* data, size_t size);
    bool send_answer();
    bool flush_mistreated();
    void reset();

    socket_t socket_;
    std::string in_;
    size_t in_at_ = 0;
    std::string out_;
    std::string body_;
    Transport transport_;
    bool ended_ = false;
};

}  // namespace stripe_sim
