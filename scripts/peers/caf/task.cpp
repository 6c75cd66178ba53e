#include "task.hpp"

#include <algorithm>
#include <array>

namespace peers {

namespace {

constexpr std::array<const char*, 11> names{"ping-pong",     "counting", "fork-join", "create", "ring",
                                            "ring-shuffled", "big",      "fan-in",    "ask",    "memory", "open"};
// More of anything is a mistake.
constexpr std::uint64_t most = 1'000'000'000;
// A ring of so many is a crowd by itself: most of its time goes to making it.
constexpr std::uint64_t crowd_from = 100'000;

// A whole number from 1 with k, M or G behind it.
std::optional<std::uint64_t> read_size(std::string text) {
    std::uint64_t factor = 1;
    if (!text.empty()) {
        switch (text.back()) {
        case 'k': factor = 1'000; break;
        case 'M': factor = 1'000'000; break;
        case 'G': factor = 1'000'000'000; break;
        default: break;
        }
    }
    if (factor > 1)
        text.pop_back();
    auto number = whole(text);
    if (!number || *number < 1 || *number > most / factor)
        return std::nullopt;
    return *number * factor;
}

} // namespace

const char* name(Work work) { return names[static_cast<std::size_t>(work)]; }

std::string takes() {
    std::string all;
    for (std::size_t n = 0; n < 9; ++n)
        all += std::string(n > 0 ? ", " : "") + names[n];
    return "takes NAME:ACTORS:MESSAGES with a name of " + all + ", memory or open, and numbers up to " + std::to_string(most);
}

std::optional<std::uint64_t> whole(const std::string& text) {
    auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.empty() || text.size() > 18 || !std::all_of(text.begin(), text.end(), digit))
        return std::nullopt;
    return std::stoull(text);
}

Task Task::of(Work work, std::uint64_t actors, std::uint64_t messages) {
    std::uint64_t share = 1;
    actors = std::max<std::uint64_t>(actors, 1);
    switch (work) {
    case Work::ping_pong: actors = 2, share = 2; break;
    case Work::counting:
    case Work::ask: actors = 2; break;
    case Work::create: actors = std::max<std::uint64_t>(messages, 1); break;
    case Work::big: share = 2 * actors; break;
    case Work::fork_join:
    case Work::fan_in: share = actors; break;
    default: break;
    }
    return {work, actors, std::max<std::uint64_t>((messages + share - 1) / share, 1) * share};
}

std::optional<Task> Task::parse(const std::string& text) {
    auto first = text.find(':'), second = text.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos)
        return std::nullopt;
    auto known = std::find(names.begin(), names.end(), text.substr(0, first));
    auto actors = read_size(text.substr(first + 1, second - first - 1)), messages = read_size(text.substr(second + 1));
    if (known == names.end() || !actors || !messages)
        return std::nullopt;
    auto work = static_cast<Work>(known - names.begin());
    if (work == Work::memory)
        return Task{work, *actors, 1};
    if (work == Work::open)
        return Task{work, *actors, *messages};
    return of(work, *actors, *messages);
}

std::uint64_t Task::each() const {
    switch (work) {
    case Work::ping_pong: return messages / 2;
    case Work::big: return messages / (2 * actors);
    case Work::fork_join:
    case Work::fan_in: return messages / actors;
    default: return messages;
    }
}

Task Task::with_messages(std::uint64_t fewer) const {
    return of(work, actors, fewer);
}

bool Task::is_crowd() const {
    return (work == Work::ring || work == Work::ring_shuffled) && actors >= crowd_from;
}

Task Task::part(std::uint64_t parts) const {
    return of(work, is_crowd() ? actors / parts : actors, messages / parts);
}

std::vector<std::uint64_t> Task::counts() const {
    auto share = each();
    std::vector<std::uint64_t> alike;
    switch (work) {
    case Work::ping_pong: return {share, share};
    case Work::ring:
    case Work::ring_shuffled: return {share, (share - 1) % actors};
    case Work::ask: return {share, share * (share + 1) / 2};
    case Work::fork_join:
    case Work::fan_in: return std::vector<std::uint64_t>(actors, share);
    case Work::big:
        alike.assign(actors, share);
        alike.push_back(share * actors);
        return alike;
    default: return {share};
    }
}

std::string Task::text() const { return std::string(name(work)) + ":" + std::to_string(actors) + ":" + std::to_string(messages); }

} // namespace peers
