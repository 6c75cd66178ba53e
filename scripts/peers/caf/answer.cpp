#include "answer.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>

namespace peers {

namespace {

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (unsigned char c : text) {
        char code[8];
        if (c == '"' || c == '\\')
            out += '\\', out += static_cast<char>(c);
        else if (c < ' ' || c > '~')
            std::snprintf(code, sizeof code, "\\u%04x", c), out += code;
        else
            out += static_cast<char>(c);
    }
    return out + '"';
}

// Each item between commas.
template <class Items, class Write>
std::string list(const Items& items, Write write) {
    std::string out = "[";
    for (auto& item : items) {
        if (out.size() > 1)
            out += ", ";
        out += write(item);
    }
    return out + "]";
}

template <class T, class Write>
std::string or_null(const std::optional<T>& value, Write write) {
    return value ? write(*value) : "null";
}

std::string number(std::int64_t value) { return std::to_string(value); }
std::string count(std::uint64_t value) { return std::to_string(value); }

std::string opened(const Opened& open) {
    auto pair = [](const auto& seen) { return "[" + count(seen.first) + ", " + count(seen.second) + "]"; };
    return "{\"latency\": " + list(open.latency, pair) + ", \"sent\": " + count(open.sent) + ", \"late\": " + count(open.late) +
           ", \"took_ns\": " + number(open.took_ns) + ", \"disorder\": " + count(open.disorder) + "}";
}

std::string written(const std::pair<std::string, Row>& asked) {
    auto& row = asked.second;
    auto fraction = [](double value) { return std::to_string(value); };
    return "{\"asked\": " + quoted(asked.first) + ", \"ns\": " + list(row.ns, number) + ", \"messages\": " + count(row.messages) +
           ", \"disorder\": " + count(row.disorder) + ", \"bytes_per_actor\": " + or_null(row.bytes_per_actor, fraction) +
           ", \"open\": " + or_null(row.open, opened) + ", \"why\": " + or_null(row.why, quoted) +
           ", \"wrong\": " + (row.wrong ? "true" : "false") + "}";
}

// What the line that begins with name says, in bytes.
std::optional<std::uint64_t> kib(const char* path, const std::string& name) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string first;
        std::uint64_t size = 0;
        if (words >> first >> size && first == name)
            return size * 1'024;
    }
    return std::nullopt;
}

} // namespace

std::string json(const Answer& answer) {
    return "{\"peer\": " + quoted(answer.peer) + ", \"version\": " + quoted(answer.version) + ", \"how\": " + quoted(answer.how) +
           ", \"rows\": " + list(answer.rows, written) + ", \"peak_bytes\": " + or_null(answer.peak_bytes, count) + "}";
}

std::uint64_t pss_bytes() {
    auto bytes = kib("/proc/self/smaps_rollup", "Pss:");
    if (!bytes)
        throw failed("the kernel does not tell PSS");
    return *bytes;
}

std::optional<std::uint64_t> peak_bytes() { return kib("/proc/self/status", "VmHWM:"); }

} // namespace peers
