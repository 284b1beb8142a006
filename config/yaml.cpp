// SPDX-License-Identifier: MIT
#include "config/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

namespace paysync::config {
namespace {

constexpr std::size_t kDeepest = 16;

/// A key as a part of a path in an error: a plain word as it is, anything else as by shown().
std::string path_part(const std::string& key) {
    const bool word = std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
    const std::string safe = shown(key);
    return word && safe.size() == key.size() + 2 ? key : safe;
}

/// Builds the tree from the parser's events. yaml-cpp's own tree (YAML::Node) drops duplicate keys,
/// aliases and quotes before they can be refused.
class Builder final : public YAML::EventHandler {
public:
    Builder(const std::string& file, const std::string& text) : file_(file), text_(text) {
        lines_.push_back(0);
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\n')
                lines_.push_back(i + 1);
        }
    }

    std::optional<Node> take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ > 0)
            fail(mark, "only one YAML document is allowed in the file");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse_anchor(mark, anchor);
        if (expects_value()) {
            const Position key = open_.back().key->at;
            const Position here = position(mark);
            // For a word alone on its line yaml-cpp reports a key and, at the same position, an
            // empty value (observed with 0.7).
            if (key.line == here.line && key.column == here.column)
                fail(mark, "expected ':' after " + shown(open_.back().key->key));
        }
        Node node;
        // The mark of an empty value is where the next token begins, often on another line.
        node.at = expects_value() ? open_.back().key->at : position(mark);
        add(mark, std::move(node));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        fail(mark, "aliases are not supported; repeat the value");
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_anchor(mark, anchor);
        const std::size_t start = offset(mark);
        const char first = start < text_.size() ? text_[start] : '\0';
        if ((tag != "?" && tag != "!") || first == '!')
            fail(mark, "tags are not supported");
        if (first == '"' || first == '\'')
            check_closed(mark, start, first);

        Node node;
        node.kind = Node::Kind::scalar;
        node.at = position(mark);
        node.plain = tag == "?";
        node.text = value;
        if (node.plain && value == "<<" && expects_key())
            fail(mark, "merge keys are not supported; repeat the values");
        add(mark, std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Node::Kind::list);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Node::Kind::map);
    }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        YAML::Mark mark;
        Node node;
        std::optional<Member> key;
    };

    [[noreturn]] void fail(const YAML::Mark& mark, const std::string& message) const {
        std::string path;
        for (const auto& open : open_) {
            if (open.key)
                path += (path.empty() ? "" : ".") + path_part(open.key->key);
        }
        throw Error(file_, position(mark), path, message);
    }

    static Position position(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

    std::size_t offset(const YAML::Mark& mark) const {
        const auto line = static_cast<std::size_t>(mark.line);
        return line < lines_.size() ? lines_[line] + static_cast<std::size_t>(mark.column)
                                    : text_.size();
    }

    void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
        if (anchor != 0)
            fail(mark, "anchors are not supported; repeat the value");
    }

    bool expects_value() const { return !open_.empty() && open_.back().key.has_value(); }

    bool expects_key() const {
        return !open_.empty() && open_.back().node.kind == Node::Kind::map && !open_.back().key;
    }

    /// yaml-cpp 0.7 accepts a quoted value that only the end of the file terminates.
    void check_closed(const YAML::Mark& mark, std::size_t start, char quote) const {
        for (std::size_t i = start + 1; i < text_.size(); ++i) {
            if (quote == '"' && text_[i] == '\\') {
                ++i;
            } else if (text_[i] == quote) {
                if (quote == '"' || i + 1 >= text_.size() || text_[i + 1] != quote)
                    return;
                ++i;
            }
        }
        fail(mark, "the quote that begins here is not closed");
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
              Node::Kind kind) {
        refuse_anchor(mark, anchor);
        if (tag != "?")
            fail(mark, "tags are not supported");
        if (expects_key())
            fail(mark, "a key must be text");
        if (open_.size() >= kDeepest)
            fail(mark, "nested more than " + std::to_string(kDeepest) + " levels deep");
        Node node;
        node.kind = kind;
        node.at = position(mark);
        open_.push_back({mark, std::move(node), std::nullopt});
    }

    void close() {
        Open done = std::move(open_.back());
        open_.pop_back();
        add(done.mark, std::move(done.node));
    }

    void add(const YAML::Mark& mark, Node node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        if (parent.node.kind == Node::Kind::list) {
            parent.node.items.push_back(std::move(node));
        } else if (parent.key) {
            parent.key->value = std::move(node);
            parent.node.members.push_back(std::move(*parent.key));
            parent.key.reset();
        } else {
            begin_member(mark, parent, std::move(node));
        }
    }

    void begin_member(const YAML::Mark& mark, Open& parent, Node key) const {
        if (key.kind != Node::Kind::scalar)
            fail(mark, "a key must be text");
        for (const auto& member : parent.node.members) {
            if (member.key == key.text) {
                fail(mark, "duplicate key " + shown(key.text) + " (first on line " +
                               std::to_string(member.at.line) + ")");
            }
        }
        parent.key = Member{std::move(key.text), key.at, {}};
    }

    const std::string& file_;
    const std::string& text_;
    std::vector<std::size_t> lines_;  // where each line begins
    std::vector<Open> open_;
    std::optional<Node> root_;
    int documents_ = 0;
};

void refuse_directives(const std::string& file, const std::string& text) {
    std::istringstream lines(text);
    Position at;
    for (std::string line; std::getline(lines, line); ++at.line) {
        if (line.starts_with('%'))
            throw Error(file, at, "", "directives are not supported");
        if (line.find_first_not_of(" \r") != std::string::npos && !line.starts_with('#'))
            return;
    }
}

}  // namespace

Node parse_yaml(const std::string& file, const std::string& text) {
    refuse_directives(file, text);
    Builder builder(file, text);
    std::istringstream stream(text);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& e) {
        const bool placed = !e.mark.is_null();
        throw Error(file, placed ? Position{e.mark.line + 1, e.mark.column + 1} : Position{}, "",
                    "not valid YAML: " + e.msg);
    }
    auto root = builder.take();
    if (!root || root->kind == Node::Kind::empty)
        throw Error(file, {}, "", "the file is empty");
    if (root->kind != Node::Kind::map)
        throw Error(file, root->at, "", "expected a map (key: value) at the top level");
    return std::move(*root);
}

}  // namespace paysync::config
