// Open load: messages come from outside by a plan, whoever is behind; each one's latency is counted by who handles it.
#include "works.hpp"

#include <array>
#include <map>
#include <thread>

namespace peers {

namespace {

// So near to its time a message is waited for without leaving the processor.
constexpr std::int64_t spin_ns = 50'000;
// Behind its plan by more than this, a message was not sent when it was planned.
constexpr std::int64_t late_ns = 100'000;
// It takes so many times as long as other figures.
constexpr std::int64_t open_times = 4;
// Latencies are told to three digits: each up to 999 ns, and 900 more for each further digit of a nanosecond's number.
constexpr std::uint64_t exact = 1'000, per_digit = 900, digits_most = 9;

using Seen = std::array<std::uint64_t, exact + per_digit * digits_most>;

// Where so many nanoseconds are counted, rounded to three digits.
std::uint64_t bucket(std::uint64_t ns) {
    std::uint64_t digits = 0, scale = 1;
    for (; ns >= 1'000 * scale; scale *= 10)
        ++digits;
    if (digits == 0)
        return ns;
    // 999.5 and more is the next digit's first one.
    return digits < digits_most ? exact + per_digit * (digits - 1) + (ns + scale / 2) / scale - 100 : exact + per_digit * digits_most - 1;
}

// What is counted there.
std::uint64_t latency(std::uint64_t bucket) {
    if (bucket < exact)
        return bucket;
    auto value = (bucket - exact) % per_digit + 100;
    for (auto digits = (bucket - exact) / per_digit + 1; digits > 0; --digits)
        value *= 10;
    return value;
}

struct Recorded {
    Seen seen{};
    std::uint64_t disorder = 0;
};

class Sink : public caf::event_based_actor {
public:
    Sink(caf::actor_config& config, News<std::unique_ptr<Recorded>>* news)
        : event_based_actor(config), recorded_(std::make_unique<Recorded>()), news_(news) {}

    caf::behavior make_behavior() override {
        return {[this](std::int64_t planned) {
                    recorded_->disorder += planned < last_;
                    last_ = planned;
                    ++recorded_->seen[bucket(static_cast<std::uint64_t>(peers::now() - planned))];
                },
                [this](tell_atom) {
                    news_->tell(std::move(recorded_));
                    quit();
                }};
    }

private:
    std::unique_ptr<Recorded> recorded_;
    std::int64_t last_ = 0;
    News<std::unique_ptr<Recorded>>* news_;
};

// Waits for the time; gives by how many nanoseconds it is over.
std::int64_t wait_until(std::int64_t planned) {
    for (;;) {
        auto left = planned - now();
        if (left <= 0)
            return -left;
        if (left > spin_ns)
            std::this_thread::sleep_for(std::chrono::nanoseconds(left - spin_ns));
    }
}

} // namespace

Opened open(caf::actor_system& system, const Task& task, std::int64_t time_ns) {
    using Wide = unsigned __int128;
    constexpr std::uint64_t second = 1'000'000'000;
    News<std::unique_ptr<Recorded>> news;
    std::vector<caf::actor> sinks;
    for (std::uint64_t n = 0; n < task.actors; ++n)
        sinks.push_back(system.spawn<Sink>(&news));
    auto rate = task.messages;
    auto messages = std::max<std::uint64_t>(static_cast<std::uint64_t>(Wide(rate) * Wide(open_times * time_ns) / second), 1);
    Opened opened;
    auto start = now() + 1'000'000;
    for (std::uint64_t n = 0; n < messages; ++n) {
        auto planned = start + static_cast<std::int64_t>(Wide(n) * second / rate);
        opened.late += wait_until(planned) > late_ns;
        caf::anon_send(sinks[n % sinks.size()], planned);
    }
    opened.took_ns = now() - start;
    for (auto& sink : sinks)
        caf::anon_send(sink, tell_atom::value);
    std::map<std::uint64_t, std::uint64_t> counts;
    for (std::size_t n = 0; n < sinks.size(); ++n) {
        auto recorded = news.heard();
        opened.disorder += recorded->disorder;
        for (std::uint64_t at = 0; at < recorded->seen.size(); ++at)
            if (auto count = recorded->seen[at]; count > 0)
                counts[latency(at)] += count, opened.sent += count;
    }
    if (opened.sent != messages)
        throw wrong("messages from outside: " + std::to_string(messages) + " were to be, " + std::to_string(opened.sent) + " are");
    opened.latency.assign(counts.begin(), counts.end());
    return opened;
}

} // namespace peers
