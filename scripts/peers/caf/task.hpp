// What is asked: the work, how many actors, and how many messages; as in bench/src/peers/task.rs.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace peers {

// Of these measured are the works; what else can be asked for stands behind.
enum class Work { ping_pong, counting, fork_join, create, ring, ring_shuffled, big, fan_in, ask, memory, open };

const char* name(Work work);

struct Task {
    Work work;
    std::uint64_t actors;
    // What one iteration's time is divided by; of an open load messages a second.
    std::uint64_t messages;

    // With as many messages as every actor can have the same share of, and at least one share.
    static Task of(Work work, std::uint64_t actors, std::uint64_t messages);
    // NAME:ACTORS:MESSAGES.
    static std::optional<Task> parse(const std::string& text);

    // What each does: messages to each in fork-join, of each in fan-in, pings of each in big, round trips in ping-pong; elsewhere all.
    std::uint64_t each() const;
    // The same work with fewer messages; in create also with fewer actors.
    Task with_messages(std::uint64_t messages) const;
    // A ring of so many that making it takes most of the time.
    bool is_crowd() const;
    // One of so many parts of it: with as many messages less, and of a crowd also as many actors less.
    Task part(std::uint64_t parts) const;
    // What is to be counted.
    std::vector<std::uint64_t> counts() const;
    std::string text() const;
};

// What parse takes, in words.
std::string takes();
// Digits alone, no more than 18.
std::optional<std::uint64_t> whole(const std::string& text);

// A measurement without a figure: work that was not done as it was to be, or that could not be measured.
struct Spoiled : std::runtime_error {
    Spoiled(const std::string& why, bool wrong) : std::runtime_error(why), wrong(wrong) {}
    bool wrong;
};

inline Spoiled wrong(const std::string& why) { return {why, true}; }
inline Spoiled failed(const std::string& why) { return {why, false}; }

} // namespace peers
