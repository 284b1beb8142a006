// SPDX-License-Identifier: MIT
#include "tests/smtp_sim/server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace smtp_sim {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

SslContext context_for(const Options& options) {
    if (options.tls == Tls::none) {
        return {};
    }
    if (options.certificate.empty() || options.key.empty()) {
        throw std::runtime_error("TLS needs a certificate and a key");
    }
    return server_context(options.certificate, options.key);
}

}  // namespace

struct Server::Connection {
    explicit Connection(int fd) : socket(fd) {}
    ~Connection() {
        if (thread.joinable()) {
            thread.join();
        }
        close();
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void close() {
        const std::lock_guard lock(mutex);
        if (socket >= 0) {
            ::close(socket);
            socket = -1;
        }
    }
    void shut_down() {
        const std::lock_guard lock(mutex);
        if (socket >= 0) {
            shutdown(socket, SHUT_RDWR);
        }
    }

    std::mutex mutex;
    int socket;
    std::atomic<bool> done{false};
    std::thread thread;
};

Server::Server(Options options)
    : options_(std::move(options)),
      tls_(context_for(options_)),
      journal_(options_.folder, options_.keep_bodies),
      shared_{options_, rules_, journal_, counters_, tls_.get()} {
    listen();
    acceptor_ = std::thread([this] { accept_all(); });
}

Server::~Server() {
    stop();
}

std::string Server::url() const {
    return fmt::format("{}://{}:{}", options_.tls == Tls::implicit ? "smtps" : "smtp",
                       options_.host, port_);
}

void Server::listen() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    if (inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr) != 1) {
        throw std::system_error(EINVAL, std::generic_category(), options_.host);
    }
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(listener_, any, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
        getsockname(listener_, any, &size) != 0) {
        const int error = errno;
        if (listener_ >= 0) {
            ::close(listener_);
        }
        errno = error;
        fail("listen");
    }
    port_ = ntohs(address.sin_port);
}

void Server::stop() {
    if (!acceptor_.joinable()) {
        return;
    }
    stop_.request_stop();
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    cut_all();
    connections_.clear();
}

void Server::cut_all() {
    const std::lock_guard lock(mutex_);
    for (Connection& connection : connections_) {
        connection.shut_down();
    }
}

Accepted Server::accepted_with_header(const std::string& name, const std::string& value) const {
    std::map<std::string, Accepted> all = journal_.by_header(name);
    const auto found = all.find(value);
    return found == all.end() ? Accepted{} : std::move(found->second);
}

Counters Server::counters() const {
    return {.connections = counters_.connections,
            .open = counters_.open,
            .handshakes = counters_.handshakes,
            .failed_handshakes = counters_.failed_handshakes,
            .logins = counters_.logins,
            .failed_logins = counters_.failed_logins};
}

void Server::accept_all() {
    while (!stop_.stop_requested()) {
        const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket >= 0) {
            greet(socket);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            // Out of descriptors: wait until a connection ends.
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }
}

void Server::greet(int socket) {
    const std::lock_guard lock(mutex_);
    connections_.remove_if([](const Connection& connection) { return connection.done.load(); });
    const std::uint64_t number = ++counters_.connections;
    if (connections_.size() >= options_.most_connections) {
        const std::string busy =
            Reply{421, "4.7.0 " + options_.name + " Too many connections"}.bytes();
        send(socket, busy.data(), busy.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        ::close(socket);
        return;
    }
    Connection& connection = connections_.emplace_back(socket);
    ++counters_.open;
    try {
        connection.thread = std::thread([this, &connection, number] { talk(connection, number); });
    } catch (const std::system_error&) {
        --counters_.open;
        connections_.pop_back();
    }
}

void Server::talk(Connection& connection, std::uint64_t number) {
    // OpenSSL writes without MSG_NOSIGNAL.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    try {
        Stream stream(connection.socket, options_.idle);
        Session(shared_, stream, number, stop_.get_token()).run();
    } catch (const std::exception& error) {
        // Out of memory, or the socket died during its setup. Only this connection ends.
        fmt::print(stderr, "smtp_sim: connection {}: {}\n", number, error.what());
    }
    connection.close();
    --counters_.open;
    connection.done = true;
}

}  // namespace smtp_sim
