// What is said: one JSON object in one line; and what the kernel says of this process.
#pragma once

#include "works.hpp"

#include <optional>
#include <string>
#include <vector>

namespace peers {

// What came of one that was asked.
struct Row {
    std::vector<std::int64_t> ns;
    std::uint64_t messages = 0;
    std::uint64_t disorder = 0;
    std::optional<double> bytes_per_actor;
    std::optional<Opened> open;
    std::optional<std::string> why;
    bool wrong = false;
};

struct Answer {
    std::string peer, version, how;
    // Each with how it was asked.
    std::vector<std::pair<std::string, Row>> rows;
    std::optional<std::uint64_t> peak_bytes;
};

std::string json(const Answer& answer);

// Resident memory of this process, pages that others have too by their share.
std::uint64_t pss_bytes();
// The most that it ever had.
std::optional<std::uint64_t> peak_bytes();

} // namespace peers
